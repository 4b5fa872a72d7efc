"""The rows of the promises that tests name (`test_b27_...`, `[F12-...]`), counted at the end of a session."""

import re
from collections.abc import Iterable
from typing import Any

_WORD = re.compile(r"[^A-Za-z0-9]+")
_ROW = re.compile(r"[BEFI]\d{1,3}")
MARKERS = ("trust", "faults")


def rows_of(test: str) -> set[str]:
    """The rows that a test's id names."""
    name = test.rpartition("::")[2]
    return {word.upper() for word in _WORD.split(name) if _ROW.fullmatch(word.upper())}


def report_rows(terminal: Any) -> None:
    """Write how many rows passed, and why others were skipped."""
    passed = _rows(terminal.stats.get("passed", ()))
    failed = _rows((*terminal.stats.get("failed", ()), *terminal.stats.get("error", ())))
    skipped: dict[str, str] = {}
    for report in terminal.stats.get("skipped", ()):
        if _is_counted(report):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            skipped.update(dict.fromkeys(rows_of(report.nodeid), str(reason).removeprefix("Skipped: ")))
    skipped = {row: reason for row, reason in skipped.items() if row not in passed | failed}
    if not passed | failed | set(skipped):
        return
    terminal.section("rows of the promises")
    for letter in sorted({row[0] for row in passed | failed | set(skipped)}):
        counts = [_of(letter, rows) for rows in (passed - failed, failed, skipped)]
        terminal.line(f"{letter}: {len(counts[0])} passed, {len(counts[1])} failed, {len(counts[2])} skipped")
        for row in counts[1]:
            terminal.line(f"  {row} failed")
        for row in counts[2]:
            terminal.line(f"  {row} skipped: {skipped[row]}")


def _rows(reports: Iterable[Any]) -> set[str]:
    return {row for report in reports if _is_counted(report) for row in rows_of(report.nodeid)}


def _is_counted(report: Any) -> bool:
    keywords = getattr(report, "keywords", {})
    return "test_xss" in report.nodeid or any(marker in keywords for marker in MARKERS)


def _of(letter: str, rows: Iterable[str]) -> list[str]:
    return sorted((row for row in rows if row[0] == letter), key=lambda row: int(row[1:]))
