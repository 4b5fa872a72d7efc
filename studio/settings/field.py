"""Field: one setting as the schema sees it, read off the annotation: its kind, limits and allowed values."""

import types
import typing
from dataclasses import dataclass
from typing import Any, Literal

import annotated_types
from pydantic.fields import FieldInfo

from studio.settings.choices import Columns
from studio.settings.setting import Kind, Setting


@dataclass(frozen=True)
class Field:
    """One setting as the schema sees it: its key, its metadata and its limits."""

    key: str
    section: str
    name: str
    setting: Setting
    kind: Kind
    default: Any
    values: tuple[Any, ...]
    """The allowed values of a fixed choice."""
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    exclusive_maximum: bool
    is_optional: bool
    """Whether None is a value."""
    item: type
    """The type of one value (of one item, for lists)."""

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return self.kind in (Kind.MULTI, Kind.TAGS)

    def describe(self) -> str:
        """What a value must be, in words."""
        if self.values:
            return "one of " + ", ".join(map(str, self.values))
        words = {
            Kind.INT: "a whole number",
            Kind.FLOAT: "a number",
            Kind.BOOL: "true or false",
            Kind.MULTI: "a list",
            Kind.TAGS: "a list",
        }.get(self.kind, "text")
        low, high = self.minimum, self.maximum
        if low is not None:
            words += f" above {low:g}" if self.exclusive_minimum else f" of at least {low:g}"
        if high is not None:
            words += (" and" if low is not None else "") + (
                f" below {high:g}" if self.exclusive_maximum else f" at most {high:g}"
            )
        return words + (", or None" if self.is_optional else "")


def field_of(section: str, name: str, info: FieldInfo) -> Field:
    """The field of a section's annotation.

    Raises:
        TypeError: if it carries no Setting.
    """
    setting = next((one for one in info.metadata if isinstance(one, Setting)), None)
    if setting is None:
        raise TypeError(f"{section}.{name} carries no Setting.")
    annotation, is_optional = _without_none(info.annotation)
    is_list = typing.get_origin(annotation) is tuple
    item = typing.get_args(annotation)[0] if is_list else annotation
    values = typing.get_args(item) if typing.get_origin(item) is Literal else ()
    item_type = type(values[0]) if values else item
    low, low_open, high, high_open = _limits(info)
    return Field(
        key=f"{section}.{name}",
        section=section,
        name=name,
        setting=setting,
        kind=setting.kind or _kind(item_type, is_list, bool(values), setting),
        default=info.get_default(call_default_factory=True),
        values=values,
        minimum=low,
        maximum=high,
        exclusive_minimum=low_open,
        exclusive_maximum=high_open,
        is_optional=is_optional,
        item=item_type,
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        rest = [one for one in typing.get_args(annotation) if one is not types.NoneType]
        return rest[0], True
    return annotation, False


def _kind(item: Any, is_list: bool, has_values: bool, setting: Setting) -> Kind:
    if is_list:
        return Kind.MULTI if has_values or setting.choices is not None else Kind.TAGS
    if isinstance(setting.choices, Columns):
        return Kind.COLUMN
    if has_values or setting.choices is not None:
        return Kind.ENUM
    return {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT}.get(item, Kind.STRING)


def _limits(info: FieldInfo) -> tuple[float | None, bool, float | None, bool]:
    low: float | None = None
    high: float | None = None
    low_open = high_open = False
    for one in info.metadata:
        match one:
            case annotated_types.Gt(gt=bound):
                low, low_open = float(typing.cast(float, bound)), True
            case annotated_types.Ge(ge=bound):
                low = float(typing.cast(float, bound))
            case annotated_types.Lt(lt=bound):
                high, high_open = float(typing.cast(float, bound)), True
            case annotated_types.Le(le=bound):
                high = float(typing.cast(float, bound))
    return low, low_open, high, high_open


def coerced(field: Field, value: Any) -> Any:
    """JSON and YAML spellings of a value; nothing that changes its meaning (3.0 is 3, `true` is not 1)."""
    if field.is_list:
        if isinstance(value, list | tuple):
            return tuple(_coerced_item(field, one) for one in value)
        return value
    if value == "None" and field.is_optional:
        return None
    return _coerced_item(field, value)


def _coerced_item(field: Field, value: Any) -> Any:
    if field.item is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if field.item is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
