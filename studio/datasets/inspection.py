"""Inspection: a dataset's tables while their rows are checked. Inspectors drop, repair and report through it.

Counts add up: every imported row is kept or dropped, each dropped row for exactly one reason, and a repaired row is a
kept one. Nothing is repaired in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from studio.datasets.dataset import ColumnKind, TableRole
from studio.datasets.formatting import shortened
from studio.on_demand import pd
from studio.results.prediction import ROW
from studio.settings.finding import Finding, FindingLevel

MAX_ROWS_SHOWN = 20


class Report(Protocol):
    """Where progress goes: the event log of a worker, or nowhere."""

    def progress(self, fraction: float, detail: str = "") -> None:
        """How far the work is, 0 to 1."""

    def log(self, level: str, text: str) -> None:
        """A line for the log."""


@dataclass
class Inspection:
    """Tables on their way into a dataset. Inspectors drop, repair and report through it.

    Of each kind of trouble they say what was `found`, in a few words or the first values, and what is `expected`.
    """

    frames: dict[TableRole, pd.DataFrame]
    names: dict[TableRole, str]
    kinds: dict[TableRole, dict[str, ColumnKind]]
    roles: Mapping[str, Any]
    media_folder: str
    media: dict[str, Any] = field(default_factory=dict)
    """What the reader of the medium says of each decoded file, by the name in the table."""
    digests: dict[str, str] = field(default_factory=dict)
    """Hex SHA-256 of each decoded file, by the name in the table."""
    findings: list[Finding] = field(default_factory=list)
    repaired: dict[TableRole, set[int]] = field(default_factory=dict)

    def drop(
        self,
        role: TableRole,
        rows: Iterable[Any],
        code: str,
        column: str,
        message: str,
        fix: str,
        examples: Sequence[str] = (),
        *,
        found: str,
        expected: str,
    ) -> None:
        """Leave out rows (by frame index) for one reason, and report it once with its count."""
        index = list(rows)
        if not index:
            return
        frame = self.frames[role]
        numbers = sorted(_row(frame, one) for one in index)
        self.frames[role] = frame.drop(index=index)
        words = f"{message} {_dropped(len(index))}"
        self._report(role, numbers, FindingLevel.WARNING, code, column, words, fix, examples, found, expected)

    def repair(
        self,
        role: TableRole,
        rows: Iterable[Any],
        code: str,
        column: str,
        message: str,
        fix: str,
        examples: Sequence[str] = (),
        *,
        found: str,
        expected: str,
    ) -> None:
        """Report rows whose values were mended (the caller has done so)."""
        numbers = sorted(_row(self.frames[role], one) for one in rows)
        if not numbers:
            return
        self.repaired.setdefault(role, set()).update(numbers)
        self._report(role, numbers, FindingLevel.WARNING, code, column, message, fix, examples, found, expected)

    def note(
        self,
        role: TableRole,
        level: FindingLevel,
        code: str,
        column: str,
        message: str,
        fix: str = "",
        rows: Iterable[Any] = (),
        examples: Sequence[str] = (),
        *,
        found: str,
        expected: str,
    ) -> None:
        """Report something without changing rows."""
        numbers = sorted(_row(self.frames[role], one) for one in rows)
        self._report(role, numbers, level, code, column, message, fix, examples, found, expected)

    def _report(
        self,
        role: TableRole,
        numbers: Sequence[int],
        level: FindingLevel,
        code: str,
        column: str,
        message: str,
        fix: str,
        examples: Sequence[str],
        found: str,
        expected: str,
    ) -> None:
        name = self.names[role]
        self.findings.append(
            Finding(
                level=level,
                code=code,
                path=f"{name}: {column}" if column else name,
                message=message,
                found=shortened(found),
                expected=expected,
                fix=fix,
                count=max(1, len(numbers)),
                rows=tuple(numbers[:MAX_ROWS_SHOWN]),
                examples=tuple(dict.fromkeys(examples))[:MAX_ROWS_SHOWN],
            )
        )


def _row(frame: pd.DataFrame, index: Any) -> int:
    return int(cast(int, frame.at[index, ROW]))


def _dropped(count: int) -> str:
    return f"{count} row{'s' if count != 1 else ''} left out."
