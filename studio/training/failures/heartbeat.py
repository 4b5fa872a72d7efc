"""Signs of life: what the working thread leaves behind, so that a watchdog can tell slow from stuck."""

import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REMEMBERED_STEPS = 50


class HeartbeatMonitor:
    """Counted by the thread that works, read by the watchdog's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = 0
        self.is_stepping = False
        """Whether batches follow each other, so that nothing but the next one counts as progress."""
        self._clock = clock
        self._stepped: float | None = None
        self._seconds: deque[float] = deque(maxlen=REMEMBERED_STEPS)

    def alive(self) -> None:
        """Something is done."""
        self.count += 1

    def stepped(self) -> None:
        """A batch is done."""
        now = self._clock()
        if self._stepped is not None:
            self._seconds.append(now - self._stepped)
        self._stepped = now
        self.count += 1

    @property
    def median_step(self) -> float:
        """Seconds between batches; 0 while there are too few."""
        return statistics.median(list(self._seconds)) if self._seconds else 0.0

    @contextmanager
    def stepping(self, is_stepping: bool) -> Iterator[None]:
        """Inside, batches follow each other, or they do not. The time until the next batch is not that of a step."""
        before, self.is_stepping = self.is_stepping, is_stepping
        self._stepped = None
        self.count += 1
        try:
            yield
        finally:
            self.is_stepping = before
            self._stepped = None
            self.count += 1
