"""LowDisk: a training waits while the disk is almost full, rather than fail at its next checkpoint."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from studio.files import disk_free_bytes

VARIABLE = "STUDIO_RESERVE_MB"
LOW_SHARE, ENOUGH_SHARE = 0.25, 0.5
"""Below the reserve nothing new starts; below the lower share of it trainings wait, until there is the upper one."""
LOOK_SECONDS = 5.0


class LowDisk:
    """The space that is left where a run writes."""

    def __init__(
        self,
        folder: Path,
        reserve_bytes: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        free_bytes: Callable[[Path], int] = disk_free_bytes,
    ) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._clock = clock
        self._free_bytes = free_bytes
        self._looked: float | None = None

    @classmethod
    def of(cls, folder: Path, environment: Mapping[str, str]) -> "LowDisk":
        """As the server that ordered the run says; without one nothing waits."""
        try:
            return cls(folder, int(environment[VARIABLE]) << 20)
        except (KeyError, ValueError):
            return cls(folder, 0)

    def is_low(self) -> bool:
        """Whether to wait; looks at the disk every few seconds only."""
        now = self._clock()
        if self._looked is not None and now - self._looked < LOOK_SECONDS:
            return False
        self._looked = now
        return self._free_bytes(self._folder) < self._reserve_bytes * LOW_SHARE

    def is_enough(self) -> bool:
        """Whether to go on after a wait."""
        return self._free_bytes(self._folder) >= self._reserve_bytes * ENOUGH_SHARE

    def words(self) -> str:
        """How much is free, and how much must be."""
        free, enough = self._free_bytes(self._folder), self._reserve_bytes * ENOUGH_SHARE
        return f"only {free / 1e6:,.0f} MB of the disk are free, {enough / 1e6:,.0f} MB must be"
