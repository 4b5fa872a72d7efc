"""MetricInfo: what a number means, which way is better, and between which ends it lies."""

import math
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Direction(StrEnum):
    """Which way is better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class MetricInfo(BaseModel):
    """One metric of a problem type, shown wherever the number is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As in settings and series, such as `ROC_AUC`."""
    label: str
    direction: Direction
    lowest: float | None = None
    highest: float | None = None
    definition: str
    """One or two sentences; how it is averaged belongs here."""

    def is_better(self, value: float, than: float | None) -> bool:
        """Whether `value` beats `than` strictly; a finite number beats nothing, no other beats anything."""
        if not math.isfinite(value):
            return False
        if than is None or not math.isfinite(than):
            return True
        return value > than if self.direction is Direction.MAXIMIZE else value < than
