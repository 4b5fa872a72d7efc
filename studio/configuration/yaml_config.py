"""Settings as versioned YAML, in and out. The layout is the original's (`section: {name: value}`) with a head of ours.

A file without `schema_version` is taken for a Hydrogen Torch export and translated; see `hydrogen_torch.py`.
"""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from studio.configuration.hydrogen_torch import translate
from studio.errors import NotFoundError, YamlError, in_quotes
from studio.escape_control import escape_controls
from studio.problems.contract import ModelType, ProblemType
from studio.problems.registry import is_problem_type, problem_type, problem_types
from studio.settings.finding import Finding, FindingLevel
from studio.settings.grid import grid_findings
from studio.settings.schema import SCHEMA_VERSION, SettingsSchema, flatten
from studio.settings.setting import Kind
from studio.settings.yaml_text import YamlDocument, read_yaml

MAX_SHOWN = 80
HEAD_KEYS = ("schema_version", "problem_type", "model_type", "experiment_name", "grid")
_SECRETS = re.compile(r"token$|password|secret|api_?key", re.IGNORECASE)


class Translation(BaseModel):
    """A key or value that was carried over under another name or form."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    source: str
    target: str


class NotApplicable(BaseModel):
    """A key that has no meaning here, and why."""

    model_config = ConfigDict(frozen=True)

    key: str
    reason: str


class LoadedConfig(BaseModel):
    """What a YAML text says: settings as far as they can be used, and everything worth knowing about the rest."""

    model_config = ConfigDict(frozen=True)

    problem_type: str = ""
    model_type: str | None = None
    settings: dict[str, Any] = {}
    grid: dict[str, list[Any]] = {}
    taken: tuple[str, ...] = ()
    translated: tuple[Translation, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    findings: tuple[Finding, ...] = ()


def dump_config(settings: SettingsSchema, grid: Mapping[str, Sequence[Any]] | None = None) -> str:
    """The complete YAML of settings: loading it gives them back."""
    nested = settings.nested()
    for field in settings.fields().values():
        if field.kind is Kind.SECRET:
            del nested[field.section][field.name]
    general = nested.pop("general")
    head: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "problem_type": settings.problem_type,
        "model_type": settings.model_type,
        "experiment_name": general.pop("experiment_name"),
        "general": general,
    }
    if grid:
        head["grid"] = {key: list(values) for key, values in grid.items()}
    body = {name: nested[name] for name in sorted(nested)}
    return yaml.dump({**head, **body}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def load_config(text: str | bytes) -> LoadedConfig:
    """Read a YAML text. Never raises for its contents: what is wrong is a finding with its line."""
    try:
        document = read_yaml(text)
    except YamlError as error:
        finding = Finding(
            code="yaml",
            path=f"line {error.line}" if error.line else "file",
            message=error.message,
            found=_shown_line(text, error.line),
            expected="a mapping of settings in plain YAML",
            fix=error.hint,
            line=error.line,
        )
        return LoadedConfig(findings=(finding,))
    if "schema_version" not in document.values:
        return _load_foreign(document)
    return _load_own(document)


def _shown_line(text: str | bytes, number: int | None) -> str:
    """The line that is meant, or how much there is."""
    lines = (text.decode(errors="replace") if isinstance(text, bytes) else text).splitlines()
    line = lines[number - 1].strip() if number and number <= len(lines) else ""
    return escape_controls(line[:MAX_SHOWN]) or f"{len(text):,} {'bytes' if isinstance(text, bytes) else 'characters'}"


def _load_own(document: YamlDocument) -> LoadedConfig:
    values = document.values
    head_findings = _head_findings(values)
    if head_findings:
        return LoadedConfig(
            problem_type=str(values.get("problem_type") or ""), findings=_with_lines(head_findings, document)
        )
    kind = problem_type(values["problem_type"])
    model = kind.model_type(values.get("model_type"))
    body = {key: value for key, value in values.items() if key not in HEAD_KEYS or key == "experiment_name"}
    return _loaded(kind, model, body, values.get("grid") or {}, document)


def _load_foreign(document: YamlDocument) -> LoadedConfig:
    translated = translate(document.values)
    notes = tuple(Translation(source=old, target=new) for old, new in translated.translated)
    left = tuple(NotApplicable(key=key, reason=reason) for key, reason in translated.not_applicable)
    if not is_problem_type(translated.problem_type):
        found = translated.problem_type or "no known problem type"
        finding = Finding(
            code="problem_type",
            path="problem_type",
            message=f"The keys look like {found}, which cannot be trained here yet."
            if translated.problem_type
            else "The problem type cannot be inferred from the keys.",
            found=found,
            expected=", ".join(problem_types()),
            fix="Add schema_version and problem_type, or choose another file.",
        )
        return LoadedConfig(problem_type=translated.problem_type, findings=(finding,))
    kind = problem_type(translated.problem_type)
    loaded = _loaded(kind, kind.model_type(translated.model_type), translated.settings, {}, document)
    return loaded.model_copy(update={"translated": notes, "not_applicable": left})


def _loaded(
    kind: ProblemType, model: ModelType, body: Mapping[str, Any], grid: Any, document: YamlDocument
) -> LoadedConfig:
    settings, findings = model.settings.parse(body)
    all_findings = [*findings, *_secret_findings(body)]
    usable_grid: dict[str, list[Any]] = {}
    if not isinstance(grid, dict) or any(not isinstance(value, list) for value in grid.values()):
        all_findings.append(
            Finding(
                code="grid",
                path="grid",
                message="The grid must name settings with a list of values each.",
                found=type(grid).__name__ if not isinstance(grid, Mapping) else "a setting without a list",
                expected="`training.learning_rate: [0.001, 0.0003]`",
                fix="Write a list for every setting of the grid.",
            )
        )
    else:
        usable_grid = {str(key): list(values) for key, values in grid.items()}
        all_findings.extend(grid_findings(settings or model.settings(), usable_grid))
    flat = settings.flat() if settings is not None else _usable(model.settings, body, findings)
    taken = tuple(key for key in flat if key in _given(model.settings, body))
    return LoadedConfig(
        problem_type=kind.id,
        model_type=model.id,
        settings=flat,
        grid=usable_grid,
        taken=taken,
        findings=_with_lines(all_findings, document),
    )


def _given(schema: type[SettingsSchema], body: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key, _ in flatten(body, schema))


def _usable(schema: type[SettingsSchema], body: Mapping[str, Any], findings: Sequence[Finding]) -> dict[str, Any]:
    """The given values without the refused ones, so that a form can show what is good."""
    bad = {finding.path for finding in findings}
    return {key: value for key, value in flatten(body, schema) if key in schema.fields() and key not in bad}


def _head_findings(values: Mapping[str, Any]) -> list[Finding]:
    version = values["schema_version"]
    findings = []
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= SCHEMA_VERSION:
        findings.append(
            Finding(
                code="schema_version",
                path="schema_version",
                message=f"This studio reads settings of version 1 to {SCHEMA_VERSION}.",
                found=json.dumps(version, default=str),
                expected=f"1 to {SCHEMA_VERSION}",
                fix="Upgrade the studio, or export the settings from this version.",
            )
        )
    name = values.get("problem_type")
    if not is_problem_type(name):
        near = difflib.get_close_matches(str(name), problem_types(), n=1)
        findings.append(
            Finding(
                code="problem_type",
                path="problem_type",
                message=f"There is no problem type {in_quotes(name)}.",
                found=str(name),
                expected=", ".join(problem_types()),
                fix=f"Did you mean {near[0]}?" if near else "Use one of the expected ids.",
            )
        )
        return findings
    try:
        problem_type(name).model_type(values.get("model_type"))
    except NotFoundError as error:
        findings.append(
            Finding(
                code="model_type",
                path="model_type",
                message=error.message,
                found=str(values.get("model_type")),
                expected=", ".join(str(model.id) for model in problem_type(name).model_types),
                fix=error.hint,
            )
        )
    return findings


def _secret_findings(body: Mapping[str, Any]) -> list[Finding]:
    findings = []
    for section, values in body.items():
        names = values if isinstance(values, Mapping) else {section: values}
        for name in names:
            if _SECRETS.search(str(name)):
                findings.append(
                    Finding(
                        level=FindingLevel.ERROR,
                        code="secret",
                        path=f"{section}.{name}" if isinstance(values, Mapping) else str(name),
                        message="Secrets do not belong in a settings file.",
                        found="a value",
                        expected="no such key",
                        fix="Remove it, and change the secret if the file was shared.",
                    )
                )
    return findings


def _with_lines(findings: Sequence[Finding], document: YamlDocument) -> tuple[Finding, ...]:
    names = {"general.experiment_name": "experiment_name"}
    return tuple(
        finding.model_copy(update={"line": document.lines.get(names.get(finding.path, finding.path), finding.line)})
        for finding in findings
    )


class _Dumper(yaml.SafeDumper):
    """Block style, lists of plain values in one line, and words quoted where YAML 1.1 would read something else."""


def _dump_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


def _dump_float(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    text = repr(value)
    if "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(list, _dump_list)
_Dumper.add_representer(float, _dump_float)
