"""Every number has a test, or a test that says why it is skipped."""

from tests.reliability.registry import CONTROL_ROWS, WORKER_ROWS, declared


def test_every_promise_and_fault_has_a_test() -> None:
    assert sorted({*CONTROL_ROWS, *WORKER_ROWS} - declared()) == []
