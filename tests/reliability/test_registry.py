"""Every number has a test, or a test that says why it is skipped."""

import re
from pathlib import Path

from tests.support.requirements import PROMISES_AND_FAULTS, declared_by_marker

ROOT = Path(__file__).resolve().parents[2]


def test_every_promise_and_fault_has_a_test() -> None:
    assert sorted(set(PROMISES_AND_FAULTS) - declared_by_marker()) == []


CODE = re.compile(r"""\bcode(?:: str)? ?= ?"([a-z_]+)"|"code": "([a-z_]+)\"""")
NO_END_OF_A_RUN = {
    "alive": "a resume is refused, and the run is as before",
    "odd_rows": "a prediction goes on, and says which rows are unlike those of training",
}


def test_every_code_of_a_failed_run_is_explained() -> None:
    rooms = [ROOT / "studio" / room for room in ("training", "scheduling", "modeling")]
    written = {
        code: path.name
        for room in rooms
        for path in room.rglob("*.py")
        for found in CODE.findall(path.read_text())
        for code in found
        if code and code not in NO_END_OF_A_RUN
    }
    rows = [line for line in (ROOT / "docs" / "reliability.md").read_text().splitlines() if line.startswith("| `")]
    explained = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}

    assert len(written) > 30
    assert {code: place for code, place in written.items() if code not in explained} == {}
