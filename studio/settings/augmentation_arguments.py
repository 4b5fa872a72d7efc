"""What the arguments of Albumentations transforms may be: a table made from the library's own schemas, and its check.

The table, `libraries/albumentations.json`, is name -> argument -> JSON Schema, so that a form is checked without the
library. What the table cannot say is left to the library itself, which builds every transform before a run starts.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

SIZES = frozenset({"height", "width", "min_height", "min_width", "max_size", "max_size_hw", "size", "crop_size"})
MOST_PIXELS = 4096
"""Of a side, as for the input size itself; Albumentations would take a billion."""
_RANGES = ("_range", "_limit", "limit", "scale", "ratio")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
    "null": (type(None),),
}


@cache
def argument_table() -> Mapping[str, Mapping[str, Any]]:
    """Name of a transform -> argument -> what it may be, for every transform that may be used."""
    table: dict[str, dict[str, Any]] = json.loads(
        (resources.files("studio.settings") / "libraries" / "albumentations.json").read_text()
    )
    return table


def expected_value(transform: str, argument: str, value: Any) -> str:
    """What an argument must be, in words, if this value is not that; empty if nothing speaks against the value."""
    schema = argument_table()[transform][argument]
    if not _fits(schema, value):
        return _words(schema)
    numbers = value if isinstance(value, list) else [value]
    if argument in SIZES and any(isinstance(one, int | float) and one > MOST_PIXELS for one in numbers):
        return f"at most {MOST_PIXELS}"
    if argument.endswith(_RANGES) and _is_falling(value):
        return "the smaller number first"
    return ""


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    if "anyOf" in schema:
        return any(_fits(one, value) for one in schema["anyOf"])
    if "enum" in schema:
        return any(type(one) is type(value) and one == value for one in schema["enum"])
    kind = schema.get("type")
    if kind is not None and not _is_of(kind, value):
        return False
    if kind in ("number", "integer"):
        return _is_within(schema, value)
    if kind == "array":
        return _is_list(schema, value)
    return True


def _is_of(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _TYPES[kind])


def _is_within(schema: Mapping[str, Any], value: float) -> bool:
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
    )


def _is_list(schema: Mapping[str, Any], values: list[Any]) -> bool:
    if not schema.get("minItems", 0) <= len(values) <= schema.get("maxItems", len(values)):
        return False
    heads = schema.get("prefixItems", ())
    if heads:
        return all(_fits(one, value) for one, value in zip(heads, values, strict=False))
    return all(_fits(schema.get("items", {}), value) for value in values)


def _is_falling(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(one, int | float) for one in value)
        and value[0] > value[1]
    )


def _words(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_words(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join("null" if one is None else str(one) for one in schema["enum"])
    kind = str(schema.get("type", "a value"))
    if kind in ("number", "integer"):
        return _number_words(schema, kind)
    if kind == "array":
        heads = schema.get("prefixItems") or [schema.get("items", {})]
        count = f"{len(schema['prefixItems'])} values" if "prefixItems" in schema else "values"
        return f"a list of {count}, each {_words(heads[0])}"
    return {"boolean": "true or false", "null": "null", "string": "a word", "object": "a mapping"}.get(kind, kind)


def _number_words(schema: Mapping[str, Any], kind: str) -> str:
    limits = [
        f"{word} {schema[name]:g}"
        for name, word in (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"))
        if name in schema
    ]
    return ("a whole number" if kind == "integer" else "a number") + (" of " + " and ".join(limits) if limits else "")
