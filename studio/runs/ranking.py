"""Ranking: which of an experiment's runs is the best. Lists, pages, predictions and exports all ask here."""

import math
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from studio.runs.state import RunState


class Ranked(Protocol):
    """What a ranking needs of a run."""

    @property
    def state(self) -> str:
        """Its state."""

    @property
    def best(self) -> Mapping[str, float | None]:
        """Its best validation so far: `metric`, `epoch`, `step`."""


R = TypeVar("R", bound=Ranked)


def best_finished(runs: Iterable[R], direction: str | None) -> R | None:
    """The finished run with the best validation metric: the first of equal ones, or the first if none has a metric.

    What is still training may get better or fail, and what failed has no model: neither is the best.
    """
    return _best([run for run in runs if run.state == RunState.FINISHED], direction)


def leading(runs: Iterable[R], direction: str | None) -> R | None:
    """The run whose metric stands for the experiment: the best finished one, before there is any the best so far."""
    runs = list(runs)
    measured = [run for run in runs if _metric(run) is not None]
    return _best([run for run in measured if run.state == RunState.FINISHED] or measured, direction)


def _best(runs: list[R], direction: str | None) -> R | None:
    sign = -1.0 if direction == "minimize" else 1.0

    def quality(run: R) -> float:
        value = _metric(run)
        return -math.inf if value is None else sign * value

    # Of equal ones, max gives the first.
    return max(runs, key=quality, default=None)


def _metric(run: Ranked) -> float | None:
    """The metric, if it is a number that can be compared."""
    value = (run.best or {}).get("metric")
    return value if isinstance(value, int | float) and not math.isnan(value) else None
