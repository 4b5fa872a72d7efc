"""SettingsSchema: the frozen settings of one problem type and model type, with all findings at once.

Keys are `section.name`, such as `training.learning_rate`; the experiment's name alone stands at the top level.
"""

import difflib
import hashlib
import json
import math
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal, Self

import annotated_types
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from studio.settings.choices import ChoiceContext, Columns, LabelValues, Library
from studio.settings.condition import visible_keys
from studio.settings.finding import Finding, FindingLevel, SettingsError
from studio.settings.setting import Kind, Setting

SCHEMA_VERSION = 1


class SettingsSection(BaseModel):
    """A titled group of settings. Every field carries a `Setting`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    title: ClassVar[str]


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


@dataclass(frozen=True)
class SuggestedChange:
    """A value that fits this dataset and machine better than the default, and why."""

    key: str
    value: Any
    reason: str


class SettingsSchema(BaseModel):
    """All settings of a problem type. Frozen; unknown keys are refused; sections stand in display order."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    problem_type: ClassVar[str]
    model_type: ClassVar[str | None] = None

    @classmethod
    def fields(cls) -> Mapping[str, Field]:
        """Every setting by key, in display order."""
        return _fields(cls)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Settings from nested or flat (`section.name`) values; what is absent takes its default.

        Raises:
            SettingsError: with every finding at once.
        """
        settings, findings = cls.parse(mapping)
        if settings is None:
            raise SettingsError(findings)
        return settings

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> tuple[Self | None, tuple[Finding, ...]]:
        """Like `from_mapping`, with findings in place of an exception."""
        values, findings = cls._known_values(mapping)
        nested: dict[str, dict[str, Any]] = {name: {} for name in cls.model_fields}
        for key, value in values.items():
            field = cls.fields()[key]
            nested[field.section][field.name] = _coerced(field, value)
        try:
            settings = cls.model_validate(nested)
        except ValidationError as error:
            return None, (*findings, *_findings_of(cls, error, values))
        return (None if findings else settings), tuple(findings)

    @classmethod
    def _known_values(cls, mapping: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
        values: dict[str, Any] = {}
        findings: list[Finding] = []
        for key, value in flatten(mapping, cls):
            if key in cls.fields():
                values[key] = value
            else:
                findings.append(unknown_key(key, cls))
        return values, findings

    def flat(self) -> dict[str, Any]:
        """Every value by key, lists as lists."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in ((key, self.value(key)) for key in self.fields())
        }

    def value(self, key: str) -> Any:
        """The value of a key."""
        field = self.fields()[key]
        return getattr(getattr(self, field.section), field.name)

    def nested(self) -> dict[str, dict[str, Any]]:
        """Every value by section and name, lists as lists."""
        sections: dict[str, dict[str, Any]] = {}
        for key, value in self.flat().items():
            field = self.fields()[key]
            sections.setdefault(field.section, {})[field.name] = value
        return sections

    def replaced(self, changes: Mapping[str, Any]) -> Self:
        """These settings with other values for some keys."""
        return type(self).from_mapping({**self.flat(), **changes})

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Default and value of every setting that differs from its default."""
        return {
            key: (field.default, self.value(key))
            for key, field in self.fields().items()
            if self.value(key) != field.default
        }

    def visible(self, facts: Mapping[str, Any] | None = None) -> frozenset[str]:
        """The settings that a form shows for these values."""
        rules = {key: field.setting.visible_if for key, field in self.fields().items()}
        return visible_keys(rules, {**(facts or {}), **self.flat()})

    def normalized(self, facts: Mapping[str, Any] | None = None) -> Self:
        """These settings with every hidden one back at its default, so that equal runs compare equal."""
        shown = self.visible(facts)
        hidden = {key: field.default for key, field in self.fields().items() if key not in shown}
        return self.replaced(hidden)

    def fingerprint(self) -> str:
        """Hex SHA-256 over what decides a result: the normalized values without the name."""
        flat = self.normalized().flat()
        flat.pop("general.experiment_name", None)
        text = json.dumps([self.problem_type, self.model_type, flat], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, context: ChoiceContext) -> tuple[Finding, ...]:
        """Findings that need the dataset and the machine: choices that do not exist here, contradictions.

        Never changes a value. Hidden settings are not checked.
        """
        shown = self.visible(context.facts)
        findings = [
            finding
            for key in self.fields()
            if key in shown
            for finding in _choice_findings(self.fields()[key], self.value(key), context)
        ]
        findings.extend(self.contradictions(context))
        return tuple(findings)

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Findings about settings that do not go together; problem types add theirs."""
        yield from ()


def flatten(mapping: Mapping[str, Any], schema: type[SettingsSchema]) -> Iterator[tuple[str, Any]]:
    """(key, value) pairs of nested or flat values; `experiment_name` may stand at the top level."""
    for name, value in mapping.items():
        if name == "experiment_name":
            yield "general.experiment_name", value
        elif name in schema.model_fields and isinstance(value, Mapping):
            for inner, one in value.items():
                yield f"{name}.{inner}", one
        elif name in schema.model_fields:
            yield name, value
        else:
            yield str(name), value


def unknown_key(key: str, schema: type[SettingsSchema]) -> Finding:
    """The finding for a key that no setting has, with the nearest name."""
    near = difflib.get_close_matches(key, schema.fields(), n=1, cutoff=0.6) or [
        known for known in schema.fields() if known.split(".")[-1] == key.split(".")[-1]
    ]
    return Finding(
        code="unknown_key",
        path=key,
        message=f"There is no setting {key!r} for {schema.problem_type}.",
        found=key,
        expected=near[0] if near else "a key of the settings reference",
        fix=f"Did you mean {near[0]}?" if near else "Remove it, or look the key up in the settings reference.",
    )


@cache
def _fields(schema: type[SettingsSchema]) -> Mapping[str, Field]:
    fields = {}
    for section, outer in schema.model_fields.items():
        section_class = outer.annotation
        assert isinstance(section_class, type), section
        assert issubclass(section_class, SettingsSection), section
        for name, info in section_class.model_fields.items():
            field = _field(section, name, info)
            fields[field.key] = field
    return types.MappingProxyType(fields)


def _field(section: str, name: str, info: FieldInfo) -> Field:
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


def _coerced(field: Field, value: Any) -> Any:
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


def _findings_of(schema: type[SettingsSchema], error: ValidationError, values: Mapping[str, Any]) -> Iterator[Finding]:
    seen = set()
    for detail in error.errors(include_url=False, include_context=False):
        key = ".".join(str(part) for part in detail["loc"][:2])
        if key in seen:
            continue
        seen.add(key)
        field = schema.fields().get(key)
        if field is None:
            yield Finding(
                code="wrong_shape",
                path=key,
                message="A section must be a mapping of settings.",
                found=_short(detail["input"]),
            )
            continue
        found = values.get(key, detail["input"])
        near = (
            difflib.get_close_matches(str(found), [str(one) for one in field.values], n=1, cutoff=0.5)
            if field.values
            else []
        )
        yield Finding(
            code="out_of_range" if "than" in detail["type"] else "wrong_value",
            path=key,
            message=f"{field.setting.label} must be {field.describe()}.",
            found=_short(found),
            expected=field.describe(),
            fix=f"Did you mean {near[0]}?"
            if near
            else f"Use {field.describe()}; the default is {_short(field.default)}.",
        )


def _choice_findings(field: Field, value: Any, context: ChoiceContext) -> Iterator[Finding]:
    choices = field.setting.choices
    if choices is None or not choices.is_known(context):
        return
    if isinstance(choices, Library):
        yield from _library_findings(field, choices, value)
        return
    options = [option for option, _ in choices.options(context)]
    for one in value if field.is_list else [value]:
        if one is None or (one == "" and isinstance(choices, LabelValues | Columns)):
            continue
        if one not in options:
            near = difflib.get_close_matches(str(one), [str(option) for option in options], n=1, cutoff=0.5)
            yield Finding(
                code="not_here",
                path=field.key,
                message=f"{field.setting.label}: {one!r} does not exist here.",
                found=_short(one),
                expected=", ".join(str(option) for option in options[:12]) or "nothing (there are none here)",
                fix=f"Did you mean {near[0]}?" if near else "Choose one of the expected values.",
            )


def _library_findings(field: Field, choices: Library, value: Any) -> Iterator[Finding]:
    names = choices.names()
    bare = str(value).split(".")[0]
    if names and value not in choices.suggested and bare not in names:
        near = difflib.get_close_matches(bare, names, n=3, cutoff=0.5)
        yield Finding(
            code="unknown_name",
            path=field.key,
            message=f"{field.setting.label}: {choices.name} has no architecture named {value!r}.",
            found=_short(value),
            expected=f"a name of the {choices.name} library",
            fix=f"Did you mean {', '.join(near)}?" if near else "Choose a suggested name.",
        )


def _short(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else text[:117] + "..."


def warning(path: str, code: str, message: str, fix: str, found: str = "") -> Finding:
    """A finding that does not refuse a start."""
    return Finding(level=FindingLevel.WARNING, code=code, path=path, message=message, fix=fix, found=found)
