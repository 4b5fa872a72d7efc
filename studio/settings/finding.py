"""Findings: everything that is wrong or worth knowing, each with its place, gathered before anybody is stopped."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from studio.errors import StudioError
from studio.settings.agreement import agreed

Sentence = Annotated[str, AfterValidator(agreed)]
"""Words that may be written for many and be about one."""


class FindingLevel(StrEnum):
    """How much a finding matters: an error blocks the start, a warning and a note do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(BaseModel):
    """What is wrong, where, what was found, what was expected, and what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: FindingLevel = FindingLevel.ERROR
    code: str
    """Stable and machine-readable, such as `unknown_key`."""
    path: str
    """A setting (`training.learning_rate`) or a place in data (`train.csv: label`)."""
    message: Sentence
    found: Sentence = ""
    expected: Sentence = ""
    fix: str = ""
    line: int | None = None
    """The line in the YAML text, from 1."""
    count: int = 1
    """How many rows or files this one finding stands for."""
    rows: tuple[int, ...] = ()
    """Up to 20 of these rows, from 1, the header not counted."""
    examples: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether a start must be refused."""
        return self.level is FindingLevel.ERROR


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that refuse a start."""
    return tuple(finding for finding in findings if finding.blocks)


def cause_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of a refusal: what was left out or wrong in the order it was met, then what is only worth knowing.

    What came first is often why the rest went wrong: files that are missing, and then a class without a row.
    """
    return tuple(sorted(findings, key=lambda one: one.level is FindingLevel.NOTE))


class FindingsError(StudioError):
    """Input that cannot be used, with every finding at once."""

    code = "findings"

    def __init__(self, findings: Iterable[Finding], message: str = "") -> None:
        self.findings = tuple(findings)
        errors = blocking(self.findings)
        first = f"{errors[0].path}: {errors[0].message}" if errors else ""
        rest = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(message or first + rest, hint=errors[0].fix if errors else "")


def told(error: StudioError) -> str:
    """What an error says to people: of several findings that refuse, each on a line of its own."""
    if not isinstance(error, FindingsError):
        return f"{error.message} {error.hint}".strip()
    lines = (f"{finding.path}: {finding.message} {finding.fix}".strip() for finding in blocking(error.findings))
    return "\n".join(lines) or error.message


class SettingsError(FindingsError):
    """Settings that cannot be used."""

    code = "settings"
