"""Threads by free cores: what others keep busy is left to them, and a moment's burst costs a run nothing."""

import pytest

from studio.machine import usable_cores
from studio.scheduling.free_cores import busy_cores, foreign_cores, threads_beside


@pytest.mark.parametrize(
    ("share", "cores", "ours", "foreign", "threads"),
    [
        (2, 2, 0, 0.0, 2),
        (2, 2, 0, 0.4, 2),
        (2, 2, 0, 1.0, 1),
        (2, 2, 0, 7.0, 1),
        (1, 2, 0, 0.0, 1),
        (16, 16, 3, 0.0, 13),
        (16, 16, 3, 6.2, 7),
    ],
)
def test_threads_are_what_neither_our_runs_nor_others_use(
    share: int, cores: int, ours: int, foreign: float, threads: int
) -> None:
    assert threads_beside(share, cores, ours, foreign) == threads


@pytest.mark.parametrize(
    ("load", "busy", "ours", "foreign"),
    [
        (0.1, 2.0, 0, 0.0),  # a burst
        (2.0, 0.2, 0, 0.2),  # a run that has just ended
        (1.1, 1.0, 0, 1.0),  # a neighbour
        (2.0, 2.0, 1, 1.0),  # a neighbour beside a run of ours
        (1.0, 1.0, 2, 0.0),
    ],
)
def test_others_count_when_load_and_use_agree(load: float, busy: float, ours: int, foreign: float) -> None:
    assert foreign_cores(ours, lambda: load, lambda: busy) == pytest.approx(foreign)


def test_an_idle_machine_is_not_sampled() -> None:
    def never() -> float:
        raise AssertionError

    assert foreign_cores(0, lambda: 0.2, never) == 0.0


def test_use_is_between_none_and_all_cores() -> None:
    assert 0 <= busy_cores() <= max(usable_cores(), 1024)
