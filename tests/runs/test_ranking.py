"""Which run of an experiment is the best: finished, in the metric's direction, whatever else there is."""

import math
from dataclasses import dataclass, field

import pytest

from studio.runs.ranking import best_finished, leading


@dataclass
class Run:
    number: int
    state: str = "finished"
    best: dict[str, float | None] = field(default_factory=dict)


def runs(*described: tuple[str, float | None]) -> list[Run]:
    return [Run(number, state, {"metric": metric}) for number, (state, metric) in enumerate(described, start=1)]


@pytest.mark.parametrize(
    ("described", "direction", "number"),
    [
        ([("finished", 0.2), ("finished", 0.9), ("finished", 0.5)], "maximize", 2),
        ([("finished", 0.2), ("finished", 0.9), ("finished", 0.1)], "minimize", 3),
        ([("finished", 0.5), ("finished", 0.5)], "maximize", 1),
        ([("failed", 0.9), ("finished", 0.5)], "maximize", 2),
        ([("running", 0.9), ("finished", 0.5), ("stopped", 0.95), ("lost", 0.99)], "maximize", 2),
        ([("finished", math.nan), ("finished", 0.1)], "maximize", 2),
        ([("finished", math.nan), ("finished", 5.0)], "minimize", 2),
        ([("finished", None), ("finished", 0.1)], "minimize", 2),
        ([("finished", None), ("finished", math.nan)], "maximize", 1),
        ([("finished", -math.inf), ("finished", 0.1)], "maximize", 2),
        ([("finished", 0.1)], None, 1),
    ],
)
def test_the_best_run_is_the_finished_one_with_the_best_metric(
    described: list[tuple[str, float | None]], direction: str | None, number: int
) -> None:
    best = best_finished(runs(*described), direction)

    assert best is not None
    assert best.number == number


def test_without_a_finished_run_there_is_no_best_one() -> None:
    assert best_finished(runs(("running", 0.5), ("failed", 0.9)), "maximize") is None
    assert best_finished([], "maximize") is None


def test_the_metric_of_an_experiment_is_that_of_its_best_run_once_there_is_one() -> None:
    going = leading(runs(("running", 0.5), ("running", 0.7)), "maximize")
    settled = leading(runs(("running", 0.9), ("finished", 0.7), ("failed", 0.95)), "maximize")

    assert (going and going.number, settled and settled.number) == (2, 2)
    assert leading(runs(("running", None)), "maximize") is None
