"""SettingsSchema: the frozen settings of one problem type and model type, with all findings at once.

Keys are `section.name`, such as `training.learning_rate`; the experiment's name alone stands at the top level.
"""

import difflib
import hashlib
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.errors import in_quotes
from studio.settings.choices import ChoiceContext
from studio.settings.condition import visible_keys
from studio.settings.field import Field, coerced, field_of
from studio.settings.finding import Finding, SettingsError
from studio.settings.setting import Kind
from studio.settings.value_checks import choice_findings, refused_values, unwritable_texts

SCHEMA_VERSION = 1


class SettingsSection(BaseModel):
    """A titled group of settings. Every field carries a `Setting`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    title: ClassVar[str]


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
    is_useful_untrained: ClassVar[bool] = False
    """Whether a pretrained model answers without any training here, as one for translation or speech does."""

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
        findings.extend(unwritable_texts(cls.fields(), values))
        nested: dict[str, dict[str, Any]] = {name: {} for name in cls.model_fields}
        for key, value in values.items():
            field = cls.fields()[key]
            nested[field.section][field.name] = coerced(field, value)
        try:
            settings = cls.model_validate(nested)
        except ValidationError as error:
            return None, (*findings, *refused_values(cls.fields(), error, values))
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

    def without_secrets(self) -> Self:
        """These settings with every secret back at its default: the form in which they are kept and shown."""
        return self.replaced({key: field.default for key, field in self.fields().items() if field.kind is Kind.SECRET})

    def secrets(self) -> dict[str, str]:
        """The secrets that are set, by key."""
        found = {key: self.value(key) for key, field in self.fields().items() if field.kind is Kind.SECRET}
        return {key: value for key, value in found.items() if value}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Default and value of every setting that differs from its default."""
        return {
            key: (field.default, self.value(key))
            for key, field in self.fields().items()
            if self.value(key) != field.default and field.kind is not Kind.SECRET
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
        flat = self.normalized().without_secrets().flat()
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
            for finding in choice_findings(self.fields()[key], self.value(key), context)
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
        message=f"There is no setting {in_quotes(key)} for {schema.problem_type}.",
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
            field = field_of(section, name, info)
            fields[field.key] = field
    return types.MappingProxyType(fields)
