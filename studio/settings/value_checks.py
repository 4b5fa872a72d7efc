"""Findings about values: what a schema refuses, and what does not exist in this dataset or on this machine."""

import difflib
import json
import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from studio.errors import in_quotes
from studio.settings.choices import ChoiceContext, Columns, Experiments, LabelValues, Library
from studio.settings.field import Field
from studio.settings.finding import Finding, FindingLevel


def refused_values(fields: Mapping[str, Field], error: ValidationError, values: Mapping[str, Any]) -> Iterator[Finding]:
    seen = set()
    for detail in error.errors(include_url=False, include_context=False):
        key = ".".join(str(part) for part in detail["loc"][:2])
        if key in seen:
            continue
        seen.add(key)
        field = fields.get(key)
        if field is None:
            yield Finding(
                code="wrong_shape",
                path=key,
                message="A section must be a mapping of settings.",
                found=_short(detail["input"]),
                expected="settings by name",
                fix="Write its settings below it, one a line.",
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


def unwritable_texts(fields: Mapping[str, Field], values: Mapping[str, Any]) -> Iterator[Finding]:
    """Texts with characters that no file, log or page can show: NUL and other controls, halves of characters."""
    for key, value in values.items():
        for text in value if isinstance(value, list | tuple) else [value]:
            if not isinstance(text, str):
                continue
            bad = next((one for one in text if unicodedata.category(one) in ("Cc", "Cs") and one not in "\t\n\r"), None)
            if bad is not None:
                yield Finding(
                    code="control_character",
                    path=key,
                    message=f"{fields[key].setting.label} holds the character U+{ord(bad):04X}, which is not valid "
                    "text.",
                    found=f"U+{ord(bad):04X}",
                    expected="letters, digits, marks and blanks",
                    fix="Remove that character.",
                )
                break


def choice_findings(field: Field, value: Any, context: ChoiceContext) -> Iterator[Finding]:
    choices = field.setting.choices
    if choices is None or isinstance(choices, Experiments) or not choices.is_known(context):
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
                message=f"{field.setting.label}: {in_quotes(one)} does not exist here.",
                found=_short(one),
                expected=", ".join(str(option) for option in options[:12]) or "nothing (there are none here)",
                fix=f"Did you mean {near[0]}?" if near else "Choose one of the expected values.",
            )


def _library_findings(field: Field, choices: Library, value: Any) -> Iterator[Finding]:
    names = choices.names()
    bare = str(value).split(".")[0]
    if choices.with_hub_names and "/" in str(value):
        return
    if names and value not in choices.suggested and bare not in names:
        near = difflib.get_close_matches(bare, names, n=3, cutoff=0.5)
        yield Finding(
            code="unknown_name",
            path=field.key,
            message=f"{field.setting.label}: {choices.name} has no architecture named {in_quotes(value)}.",
            found=_short(value),
            expected=f"a name of the {choices.name} library",
            fix=f"Did you mean {', '.join(near)}?" if near else "Choose a suggested name.",
        )


def _short(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 120 else text[:117] + "..."


def warning(path: str, code: str, message: str, fix: str, *, found: str, expected: str) -> Finding:
    """A finding that does not refuse a start."""
    return Finding(
        level=FindingLevel.WARNING, code=code, path=path, message=message, fix=fix, found=found, expected=expected
    )
