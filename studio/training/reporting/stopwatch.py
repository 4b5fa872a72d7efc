"""Stopwatch: where the time of a training goes, part by part.

At every moment one part runs; beginning another ends it, so the parts add up to the whole. On a GPU work is only
ordered, and the clock of the processor sees little of it: now and then an update is timed with the device waited for
at the borders of its parts, and what the processor did not spend by itself is shared out in those proportions.
"""

import time
from collections.abc import Callable, Mapping
from typing import Literal

import torch

from studio.runs.events import TIMED_PARTS, Timings

Part = Literal[
    "waiting for data", "transfer", "forward", "backward", "optimizer", "logging", "validation", "checkpoint"
]
DEVICE_PARTS: tuple[Part, ...] = ("transfer", "forward", "backward", "optimizer")
SAMPLED_UPDATES = 16
"""On a GPU, one update in this many waits for the device: less than a hundredth of the time."""
REPORT_SECONDS = 4.0


class Stopwatch:
    """Adds up seconds by part."""

    def __init__(self, device: torch.device, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._synchronize = (lambda: torch.cuda.synchronize(device)) if device.type == "cuda" else None
        self._seconds: dict[str, float] = dict.fromkeys(TIMED_PARTS, 0.0)
        self._sampled: dict[str, float] = dict.fromkeys(DEVICE_PARTS, 0.0)
        self._is_sampling = False
        self._part: Part | None = None
        self._since = self._reported = clock()

    def begin(self, part: Part | None) -> None:
        """End the part that runs and begin another; None stops the clock."""
        if self._is_sampling and self._synchronize is not None:
            self._synchronize()
        now = self._clock()
        if self._part is not None:
            spent = now - self._since
            self._seconds[self._part] += spent
            if self._is_sampling and self._part in self._sampled:
                self._sampled[self._part] += spent
        self._part, self._since = part, now

    def begin_update(self, update: int) -> None:
        """Say which update comes next; on a GPU some are timed exactly."""
        self._is_sampling = self._synchronize is not None and update % SAMPLED_UPDATES == 0

    def seconds(self) -> dict[str, float]:
        """Seconds by part so far, those of the device in the proportions that were sampled."""
        self.begin(self._part)
        found = dict(self._seconds)
        sampled = sum(self._sampled.values())
        if sampled > 0:
            spent = sum(found[part] for part in DEVICE_PARTS)
            found |= {part: spent * self._sampled[part] / sampled for part in DEVICE_PARTS}
        return {part: value for part, value in found.items() if value > 0}

    def is_report_due(self) -> bool:
        """Whether it is time to tell again; true once every few seconds."""
        if self._since - self._reported < REPORT_SECONDS:
            return False
        self._reported = self._since
        return True

    def timings(self, updates: int, samples: int) -> Timings:
        """What is told about this attempt so far."""
        seconds = {part: round(value, 4) for part, value in self.seconds().items()}
        return Timings(seconds=seconds, updates=updates, samples=samples)


def waiting_share(seconds: Mapping[str, float]) -> float:
    """The share of the training proper that went by waiting for data."""
    parts: tuple[Part, ...] = ("waiting for data", *DEVICE_PARTS, "logging")
    whole = sum(seconds.get(part, 0.0) for part in parts)
    return seconds.get("waiting for data", 0.0) / whole if whole else 0.0
