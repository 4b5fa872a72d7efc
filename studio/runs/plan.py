"""plan: what an experiment asks for, as runs: distinct grid points x folds x seeds."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.settings.schema import SettingsSchema


@dataclass(frozen=True)
class PlannedRun:
    """One run to be: its settings, fold, seed and the values its grid point chose."""

    settings: SettingsSchema
    fold: str | None
    seed: int
    grid: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Distinguishes the runs of one plan."""
        return f"{self.settings.fingerprint()[:12]}-{self.fold}-{self.seed}"


def plan(points: Sequence[tuple[SettingsSchema, Mapping[str, Any]]]) -> tuple[PlannedRun, ...]:
    """The runs of the given grid points (see `settings.grid.grid_points`), folds inside, seeds innermost.

    A problem type without folds or seeds settings gives one of each.
    """
    runs = []
    for settings, chosen in points:
        for fold, seed in itertools.product(planned_folds(settings), _seeds(settings)):
            runs.append(PlannedRun(settings=settings, fold=fold, seed=seed, grid=chosen))
    return tuple(runs)


def planned_folds(settings: SettingsSchema) -> tuple[str | None, ...]:
    """The folds that runs validate on, one a run; None where the settings ask for none."""
    fields = settings.fields()
    if "dataset.selected_folds" not in fields or "dataset.selected_folds" not in settings.visible():
        return (None,)
    return tuple(settings.value("dataset.selected_folds")) or (None,)


def _seeds(settings: SettingsSchema) -> tuple[int, ...]:
    fields = settings.fields()
    seed = int(settings.value("environment.seed")) if "environment.seed" in fields else -1
    key = "environment.number_of_seeds_per_run"
    count = int(settings.value(key)) if key in fields else 1
    return tuple(seed if seed < 0 else seed + index for index in range(count))
