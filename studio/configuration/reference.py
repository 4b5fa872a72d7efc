"""The settings reference as Markdown, made from the schema: docs and the app's help show the same text."""

import json
from typing import Any

from studio.problems.contract import ProblemType
from studio.settings.condition import Test, When
from studio.settings.field import Field
from studio.settings.schema import SettingsSchema


def reference_markdown(problem_type: ProblemType) -> str:
    """Every setting of a problem type: key, meaning, values, default, level and condition."""
    lines = [f"# {problem_type.title}: settings", "", problem_type.description, ""]
    for model in problem_type.model_types:
        if len(problem_type.model_types) > 1 or model.id is not None:
            lines += [f"Model type: **{model.title}** (`{model.id}`)", ""]
        lines += _schema_lines(model.settings)
    lines += ["## Metrics", "", "| metric | better | definition |", "| --- | --- | --- |"]
    for metric in problem_type.metrics:
        better = "higher" if metric.direction == "maximize" else "lower"
        lines.append(f"| {metric.label} (`{metric.name}`) | {better} | {metric.definition} |")
    return "\n".join(lines) + "\n"


def _schema_lines(schema: type[SettingsSchema]) -> list[str]:
    lines: list[str] = []
    section = ""
    for field in schema.fields().values():
        if field.section != section:
            section = field.section
            title = schema.model_fields[section].annotation.title  # type: ignore[union-attr]
            lines += [f"## {title}", ""]
        lines += _field_lines(field, schema)
    return lines


def _field_lines(field: Field, schema: type[SettingsSchema]) -> list[str]:
    setting = field.setting
    facts = [f"`{field.key}`", f"{field.describe()}", f"default `{_text(field.default)}`", f"level {setting.level}"]
    if setting.unit:
        facts.append(f"in {setting.unit}")
    if setting.grid:
        facts.append("grid search")
    lines = [f"### {setting.label}", "", setting.help, "", " · ".join(facts)]
    if setting.labels:
        lines += ["", "; ".join(f"`{value}`: {words}" for value, words in setting.labels if value != words)]
    if setting.visible_if is not None:
        lines += ["", f"Shown when {_rule(setting.visible_if, schema)}."]
    if setting.paper:
        lines += ["", f"Paper: {setting.paper}"]
    return [*lines, ""]


def _rule(rule: When, schema: type[SettingsSchema]) -> str:
    every = " and ".join(_test(test, schema) for test in rule.all)
    some = " or ".join(_test(test, schema) for test in rule.any)
    return " and ".join(part for part in (every, f"({some})" if every and some else some) if part)


def _test(test: Test, schema: type[SettingsSchema]) -> str:
    field = schema.fields().get(test.key)
    label = field.setting.label if field else test.key
    match test.operator:
        case "in":
            return f"{label} is {' or '.join(_text(value) for value in test.value)}"
        case "not_in":
            return f"{label} is not {' or '.join(_text(value) for value in test.value)}"
        case "lt":
            return f"{label} is below {_text(test.value)}"
        case "gt":
            return f"{label} is above {_text(test.value)}"
        case "longer":
            return f"{label} has more than {test.value}"
        case "contains":
            return f"{label} contains {_text(test.value)}"
        case "not_contains":
            return f"{label} does not contain {_text(test.value)}"


def _text(value: Any) -> str:
    if value in ((), []):
        return "empty"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) and value else json.dumps(value)
