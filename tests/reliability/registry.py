"""Which promises (I) and faults (F) are held by tests, and how a test says which ones it settles.

    @rows("F3", "I3")
    def test_...

The numbers are those of docs/reliability.md. `test_registry.py` fails if one has neither a test nor a stated reason.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent


def numbers(text: str) -> tuple[str, ...]:
    """`F1-F3 I7` as F1, F2, F3, I7."""
    found: list[str] = []
    for part in text.split():
        first, _, last = part.partition("-")
        letter = first[0]
        found += [f"{letter}{one}" for one in range(int(first[1:]), int((last or first)[1:]) + 1)]
    return tuple(found)


CONTROL_ROWS = numbers("I1-I9 I13-I20 I22-I28 F1-F13 F18 F19 F30-F37 F41 F42 F47 F48 F53-F58 F63-F65")
"""Held by the server, its store and its scheduler."""

WORKER_ROWS = numbers("I10-I12 I14 I21 F14-F18 F20-F24 F28 F29 F38 F40 F43 F45 F46 F51")
"""Held by workers: tests/reliability/test_worker_*.py."""

rows = pytest.mark.rows


def declared() -> set[str]:
    """Every number that some test declares, wherever it lies."""
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        for declaration in re.findall(r"\brows\(([^)]*)\)", path.read_text()):
            found.update(re.findall(r'"([FI]\d+)"', declaration))
    return found
