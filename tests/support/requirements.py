"""The rows of docs/security.md, docs/reliability.md and the catalogue of bad inputs: who settles them, what came out.

A test says which rows it settles by its name (`test_b27_...`, `[E12 an encrypted zip]`) in the files whose names speak
of rows, or anywhere by a marker: `@covers("F3", "I3")`. What became of them is written at the end of every session.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
NAMES_SPEAK_IN = ("tests/security/", "tests/browser/test_xss.py", "/test_bad_")
_WORD = re.compile(r"[^A-Za-z0-9]+")
_ROW = re.compile(r"[BE]\d{1,3}")
_LETTERS = {"B": "attacks", "E": "bad inputs", "F": "faults", "I": "promises"}

covers = pytest.mark.covers


def numbers(text: str) -> tuple[str, ...]:
    """`F1-F3 I7` as F1, F2, F3, I7."""
    found: list[str] = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += [f"{first[0]}{one}" for one in range(int(first[1:]), int((last or first)[1:]) + 1)]
    return tuple(found)


ATTACKS = numbers("B1-B40 B47-B73 B76-B82 B110-B119 B130-B133 B135-B138 B160-B166 B170-B172")
PROMISES_AND_FAULTS = numbers(
    "I1-I28 F1-F8 F9-F24 F28-F38 F40-F48 F51 F53-F58 F63-F65 F100 F110-F123 F130-F132 F140-F146 F170-F171"
)
ATTACKS_ON_WHAT_IS_NOT_BUILT = {
    "B14": "there are no user accounts, so there is no password to guess",
    "B15": "there are no user accounts, so no password is ever hashed",
    "B66": "one person a home: there is nobody else whose objects could be read",
    "B74": "the server of a scoring pipeline is tested with the pipelines, not in this suite",
    "B75": "there is no Ray executor yet",
}


def named(name: str) -> set[str]:
    """The rows in the name of a test or of one of its parameters."""
    return {word.upper() for word in _WORD.split(name) if _ROW.fullmatch(word.upper())}


def declared_attacks() -> set[str]:
    """Rows that some test of an attack, or a parameter of one, names."""
    found = set(ATTACKS_ON_WHAT_IS_NOT_BUILT)
    for path in (*(TESTS / "security").glob("test_*.py"), TESTS / "browser" / "test_xss.py"):
        for line in path.read_text().replace('id=f"', 'id="').splitlines():
            if line.startswith("def test_") or 'id="B' in line:
                found |= named(line.partition("(")[0]) | named(line.partition('id="')[2].partition('"')[0])
    return found


def declared_by_marker() -> set[str]:
    """Rows that some test declares with `covers`, wherever it lies."""
    texts = (path.read_text() for path in TESTS.rglob("test_*.py"))
    declarations = (one for text in texts for one in re.findall(r"\b(?:covers|rows=)\(([^)]*)\)", text))
    return {row for declaration in declarations for row in re.findall(r'"([BFI]\d+)"', declaration)}


class RequirementsReport:
    """A plugin of pytest. Also where several processes run tests: rows travel with the report of each test."""

    def __init__(self) -> None:
        self._outcomes: dict[str, set[str]] = {}
        self._reasons: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        settled = {str(row) for marker in item.iter_markers("covers") for row in marker.args}
        if any(place in item.nodeid for place in NAMES_SPEAK_IN):
            settled |= named(item.nodeid.rpartition("::")[2])
        if settled:
            item.user_properties.append(("requirements", " ".join(sorted(settled))))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        for row in dict(report.user_properties).get("requirements", "").split():  # type: ignore[attr-defined]
            self._outcomes.setdefault(row, set()).add(report.outcome)
            if isinstance(report.longrepr, tuple):
                self._reasons[row] = report.longrepr[2].removeprefix("Skipped: ")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """How many rows passed, and why others were skipped. A row with a failed test has failed."""
        if not self._outcomes:
            return
        terminalreporter.section("requirements")
        for letter, what in _LETTERS.items():
            of_letter = sorted((row for row in self._outcomes if row[0] == letter), key=lambda row: int(row[1:]))
            if of_letter:
                self._write(terminalreporter, what, of_letter)

    def _write(self, terminal: Any, what: str, of_letter: Iterable[str]) -> None:
        by_outcome: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
        for row in of_letter:
            found = self._outcomes[row]
            by_outcome["failed" if "failed" in found else "passed" if "passed" in found else "skipped"].append(row)
        terminal.line(f"{what}: " + ", ".join(f"{len(rows)} {outcome}" for outcome, rows in by_outcome.items()))
        for row in by_outcome["failed"]:
            terminal.line(f"  {row} failed")
        for row in by_outcome["skipped"]:
            terminal.line(f"  {row} skipped: {self._reasons.get(row, '')}")
