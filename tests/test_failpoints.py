"""Failpoints do what a test orders, and only that."""

import errno
import re
from pathlib import Path

import pytest

from studio import failpoints
from studio.failpoints import failpoint


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failpoints, "_seen", failpoints.Counter())


def test_without_an_order_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDIO_FAIL", raising=False)

    failpoint("after_cas")


def test_a_full_disk_comes_from_the_ordered_time_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_FAIL", "other:kill,after_cas:enospc@2")

    failpoint("after_cas")

    for _ in range(2):
        with pytest.raises(OSError, match="No space left") as raised:
            failpoint("after_cas")
        assert raised.value.errno == errno.ENOSPC


def test_an_unknown_order_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_FAIL", "after_cas:explode")

    with pytest.raises(RuntimeError, match="explode"):
        failpoint("after_cas")


def test_every_failpoint_is_a_place_in_the_code_and_in_some_test() -> None:
    root = Path(__file__).parents[1]
    code, tests = (
        "\n".join(path.read_text() for path in (root / name).rglob("*.py") if path.name not in skipped)
        for name, skipped in (("studio", {"failpoints.py"}), ("tests", {"test_failpoints.py"}))
    )
    placed = set(re.findall(r'failpoint\(\s*"([a-z_]+)"', code))

    assert placed == set(failpoints.FAILPOINTS)
    # Those inside checkpoint writes are named by their place alone: checkpoint_{place}.
    named = {name for name in failpoints.FAILPOINTS if name in tests or name.removeprefix("checkpoint_") in tests}
    assert named == set(failpoints.FAILPOINTS)
