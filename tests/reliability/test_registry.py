"""Every number has a test, or a test that says why it is skipped."""

from tests.rows import PROMISES_AND_FAULTS, declared_by_marker


def test_every_promise_and_fault_has_a_test() -> None:
    assert sorted(set(PROMISES_AND_FAULTS) - declared_by_marker()) == []
