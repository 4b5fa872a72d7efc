"""Failpoints do what a test orders, and only that."""

import errno

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
