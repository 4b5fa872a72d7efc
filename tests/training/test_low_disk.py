"""When a training waits for room on the disk."""

from pathlib import Path

import pytest

from studio.training.failures.low_disk import LowDisk


class Disk:
    """A disk and a clock that a test sets."""

    def __init__(self) -> None:
        self.free = 1000
        self.now = 0.0

    def watched(self, reserve: int = 400) -> LowDisk:
        return LowDisk(Path("anywhere"), reserve, clock=lambda: self.now, free_bytes=lambda _: self.free)


@pytest.mark.parametrize(("free", "is_low", "is_enough"), [(401, False, True), (150, False, False), (99, True, False)])
def test_it_waits_below_a_quarter_of_the_reserve_and_goes_on_above_half(
    free: int, is_low: bool, is_enough: bool
) -> None:
    disk = Disk()
    disk.free = free

    assert (disk.watched().is_low(), disk.watched().is_enough()) == (is_low, is_enough)


def test_the_disk_is_looked_at_every_few_seconds_only() -> None:
    disk = Disk()
    watched = disk.watched()
    assert not watched.is_low()
    disk.free = 0

    disk.now = 4.0
    assert not watched.is_low()
    disk.now = 5.0
    assert watched.is_low()


@pytest.mark.parametrize("environment", [{}, {"STUDIO_RESERVE_MB": "0"}, {"STUDIO_RESERVE_MB": "many"}])
def test_without_a_reserve_nothing_waits(tmp_path: Path, environment: dict[str, str]) -> None:
    disk = LowDisk.of(tmp_path, environment)

    assert not disk.is_low()
    assert disk.is_enough()


def test_the_words_have_both_numbers() -> None:
    disk = Disk()
    disk.free = 50_000_000

    assert disk.watched(400_000_000).words() == "only 50 MB of the disk are free, 200 MB must be"
