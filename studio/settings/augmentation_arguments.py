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
    # Imported here: it takes longer than the check itself, and most settings have no pipeline of their own.
    from jsonschema import Draft202012Validator

    return bool(Draft202012Validator(schema).is_valid(value))


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
    if kind == "object" and "propertyNames" in schema:
        return "a mapping with the keys " + ", ".join(schema["propertyNames"]["enum"])
    return {"boolean": "true or false", "null": "null", "string": "a word", "object": "a mapping"}.get(kind, kind)


def _number_words(schema: Mapping[str, Any], kind: str) -> str:
    limits = [
        f"{word} {schema[name]:g}"
        for name, word in (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"))
        if name in schema
    ]
    return ("a whole number" if kind == "integer" else "a number") + (" of " + " and ".join(limits) if limits else "")
