"""The time limit of a training: how much of it is over, so that the schedule ends with it.

The learning rate follows the share of the time in place of the share of the updates as soon as that is ahead (budgeted
training, Li et al. 2020, arXiv:1905.04753, with the clock as the budget).
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

EVALUATION_SHARE = 0.5
"""Of the time that training on a row takes, what validating one may, until that is measured."""


@dataclass
class TimeLimit:
    """Seconds that a training may take, with its validations; infinite without a limit. The clock starts at once."""

    seconds: float = math.inf
    spent: float = 0.0
    """By earlier attempts."""
    validations_after: int = 1
    """How many validations follow the last update, the final one and those of averages."""
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _training_began: float = field(init=False)
    _validation_seconds: float | None = field(default=None, init=False)
    _validating_seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._began = self._training_began = self.clock()

    @property
    def is_set(self) -> bool:
        """Whether there is a limit."""
        return math.isfinite(self.seconds)

    def elapsed(self) -> float:
        """Seconds of the limit that are over, those of earlier attempts included."""
        return self.spent + self.clock() - self._began

    def left(self) -> float:
        """Seconds until the limit."""
        return max(0.0, self.seconds - self.elapsed())

    def begin_training(self) -> None:
        """The first update of this attempt comes now."""
        self._training_began, self._validating_seconds = self.clock(), 0.0

    @contextmanager
    def validating(self) -> Iterator[None]:
        """Around a validation, to know what the last one will take."""
        began = self.clock()
        yield
        self._validation_seconds = self.clock() - began
        self._validating_seconds += self._validation_seconds

    def share(self, updates: int, validation_updates: float, *, validations: int = 0) -> float:
        """How much of the time for updates is over, from 0 to 1; 1 says that another one would take too long.

        Args:
            updates: How many this attempt has done.
            validation_updates: How many updates would have as many rows as a validation has.
            validations: How many come now, beside those that follow the last update.
        """
        if not self.is_set or not updates:
            return 0.0
        update_seconds = (self.clock() - self._training_began - self._validating_seconds) / updates
        validation_seconds = self._validation_seconds
        if validation_seconds is None:
            validation_seconds = EVALUATION_SHARE * update_seconds * validation_updates
        usable = self.seconds - (self.validations_after + validations) * validation_seconds - update_seconds
        return min(1.0, self.elapsed() / usable) if usable > 0 else 1.0
