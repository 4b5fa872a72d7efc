"""RawTable: a table as it was read, with the kind of every column and what was noticed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from studio.datasets.dataset import ColumnKind
from studio.datasets.formatting import counted, listed, shortened
from studio.errors import DatasetError
from studio.on_demand import pd
from studio.results.prediction import HIDDEN_COLUMNS, MEDIA_PREFIX, is_hidden
from studio.settings.finding import Finding, FindingLevel

MAX_COLUMNS = 10_000
MAX_ROWS_SHOWN = 20


@dataclass
class RawTable:
    """A table as read: values with real types, the kind of every column, and what was noticed."""

    name: str
    frame: pd.DataFrame
    kinds: dict[str, ColumnKind]
    findings: list[Finding] = field(default_factory=list)


def checked_header(header: Sequence[str], name: str, findings: list[Finding]) -> list[str]:
    """Column names without blanks around them and line ends in them; what was mended is a finding.

    Raises:
        DatasetError: if a name is missing, stands twice, or is one of the studio's own.
    """
    names = [re.sub(r"\s+", " ", one).strip() for one in header]
    if len(names) > MAX_COLUMNS:
        raise DatasetError(
            f"{name} has {len(names):,} columns.",
            hint=f"At most {MAX_COLUMNS:,} are read.",
            found=counted(len(names), "column"),
            expected=f"at most {MAX_COLUMNS:,} columns",
        )
    empty = [str(position + 1) for position, one in enumerate(names) if not one]
    if empty:
        raise DatasetError(
            f"{name}: column {', '.join(empty[:10])} has no name.",
            hint="Give every column a name.",
            code="header",
            found=counted(len(empty), "empty name"),
            expected="a name for every column",
        )
    twice = sorted({one for one in names if names.count(one) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DatasetError(
            f"{name}: the column name {', '.join(twice[:10])} occurs more than once.",
            hint="Give every column a unique name.",
            code="header",
            found=f"{listed(twice)} more than once",
            expected="unique names",
        )
    taken = [one for one in names if is_hidden(one)]
    if taken:
        raise DatasetError(
            f"{name}: the column name {taken[0]} is reserved.",
            hint="Rename the column.",
            code="header",
            found=listed(taken),
            expected=f"other names than {', '.join(sorted(HIDDEN_COLUMNS))} and {MEDIA_PREFIX}...",
        )
    findings.extend(_header_findings(header, names, name))
    return names


def _header_findings(header: Sequence[str], names: Sequence[str], name: str) -> list[Finding]:
    findings = []
    mended = {old: new for old, new in zip(header, names, strict=True) if old != new}
    folded: dict[str, list[str]] = {}
    for one in names:
        folded.setdefault(one.casefold(), []).append(one)
    alike = [" / ".join(group) for group in folded.values() if len(group) > 1]
    for code, shown, words, fix, found, expected in (
        (
            "header_trimmed",
            list(mended.values()),
            "column names had spaces or line breaks around them, which were removed.",
            "Write the names without spaces around them.",
            listed(mended),
            "names without spaces or line breaks around them",
        ),
        (
            "header_alike",
            alike,
            "groups of column names differ only in case.",
            "Rename one of each.",
            listed(alike),
            "names that differ in more than case",
        ),
    ):
        if shown:
            findings.append(
                Finding(
                    level=FindingLevel.WARNING,
                    code=code,
                    path=name,
                    message=f"{len(shown)} {words}",
                    found=found,
                    expected=expected,
                    fix=fix,
                    count=len(shown),
                    examples=tuple(shown[:20]),
                )
            )
    return findings


def cell_finding(
    code: str,
    name: str,
    column: str,
    rows: Sequence[int],
    message: str,
    fix: str,
    examples: Sequence[str] = (),
    *,
    found: str,
    expected: str,
) -> Finding:
    """A warning about cells of a column, rows counted from 1."""
    return Finding(
        level=FindingLevel.WARNING,
        code=code,
        path=f"{name}: {column}",
        message=message,
        found=shortened(found),
        expected=expected,
        fix=fix,
        count=len(rows),
        rows=tuple(rows[:MAX_ROWS_SHOWN]),
        examples=tuple(dict.fromkeys(examples))[:MAX_ROWS_SHOWN],
    )


def no_rows(name: str) -> DatasetError:
    """The refusal of a table without rows."""
    return DatasetError(
        f"{name} has no rows.",
        hint="Export the table again.",
        code="no_rows",
        found="0 rows",
        expected="at least 1 row",
    )
