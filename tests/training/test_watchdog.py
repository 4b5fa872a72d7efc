"""Patience: what counts as progress, and for how long none of it is too long."""

import pytest

from studio.runs.hang_timeout import HANG_SECONDS, hang_seconds
from studio.training.failures.heartbeat import HeartbeatMonitor
from studio.training.failures.watchdog import Effort, Patience


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Used:
    """What a process has used, as a test says."""

    def __init__(self) -> None:
        self.effort = Effort(0.0, 0)

    def __call__(self) -> Effort:
        return self.effort

    def add(self, cpu_seconds: float, moved_bytes: int = 0) -> None:
        self.effort = Effort(self.effort.cpu_seconds + cpu_seconds, self.effort.moved_bytes + moved_bytes)


def seconds_until_over(patience: Patience, most: int = 10_000) -> int | None:
    patience.is_over(0.0)
    return next((second for second in range(1, most) if patience.is_over(1.0)), None)


def test_nothing_at_all_is_too_long_after_the_limit() -> None:
    patience = Patience(HeartbeatMonitor(), 300, Used())

    assert seconds_until_over(patience) == 301


def test_slow_steps_make_it_patient() -> None:
    clock = Clock()
    heartbeat = HeartbeatMonitor(clock)
    for _ in range(10):
        clock.now += 60
        heartbeat.stepped()

    assert seconds_until_over(Patience(heartbeat, 300, Used())) == 20 * 60 + 1


def test_a_validation_between_two_steps_is_no_slow_step() -> None:
    clock = Clock()
    heartbeat = HeartbeatMonitor(clock)
    with heartbeat.stepping(True):
        for _ in range(3):
            clock.now += 1
            heartbeat.stepped()
        with heartbeat.stepping(False):
            clock.now += 1000
        heartbeat.stepped()
        clock.now += 1
        heartbeat.stepped()

    assert heartbeat.median_step == 1


def test_time_in_which_the_process_did_not_run_does_not_count() -> None:
    patience = Patience(HeartbeatMonitor(), 300, Used())
    patience.is_over(0.0)

    assert not any(patience.is_over(3600.0) for _ in range(100))


@pytest.mark.parametrize(("is_stepping", "is_found"), [(False, False), (True, True)])
def test_computing_is_progress_unless_steps_follow_each_other(is_stepping: bool, is_found: bool) -> None:
    heartbeat, used = HeartbeatMonitor(), Used()
    patience = Patience(heartbeat, 300, used)
    with heartbeat.stepping(is_stepping):
        patience.is_over(0.0)
        for _ in range(1000):
            used.add(0.5)
            if patience.is_over(1.0):
                break
        else:
            assert not is_found
            return
    assert is_found


def test_a_slow_download_is_progress_and_heartbeats_are_not() -> None:
    used = Used()
    patience = Patience(HeartbeatMonitor(), 300, used)
    patience.is_over(0.0)

    def is_over_after(seconds: int, moved_bytes: int, cpu_seconds: float) -> bool:
        for _ in range(seconds):
            used.add(cpu_seconds, moved_bytes)
            if patience.is_over(1.0):
                return True
        return False

    assert not is_over_after(2000, 50_000, 0.001)
    assert is_over_after(2000, 5_000, 0.01)


@pytest.mark.parametrize(("text", "seconds"), [("20", 20.0), ("", HANG_SECONDS), ("soon", HANG_SECONDS), ("0", 1.0)])
def test_the_limit_is_set_by_the_environment(text: str, seconds: float) -> None:
    assert hang_seconds({"STUDIO_HANG_SECONDS": text}) == seconds
