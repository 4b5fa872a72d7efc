"""The time limit: the schedule ends with it, the final validation lies within it, a resumed run has what is left."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.modeling.schedules import schedule_factor
from studio.training.time_limit import TimeLimit

from .test_loop import keep_signals, stop_after

if TYPE_CHECKING:
    from .conftest import Work

__all__ = ["keep_signals"]


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def trained(limit: TimeLimit, clock: Clock, *, update: float, validation: float, every: int) -> list[float]:
    """A training whose updates and validations take so long: the learning rate of each update."""
    factors, done, position = [], 0, 0.0
    limit.begin_training()
    while True:
        factors.append(schedule_factor("Cosine", max(done, position), 10_000, 0))
        clock.now += update
        done += 1
        share = limit.share(done, validation_updates=4)
        position = share * 10_000
        is_due = done % every == 0
        is_over = limit.share(done, validation_updates=4, validations=int(is_due)) == 1
        if is_over or is_due:
            with limit.validating():
                clock.now += validation
        if is_over:
            return factors


@pytest.mark.parametrize(("update", "validation"), [(0.1, 3.0), (0.5, 0.1), (2.0, 7.0)])
def test_a_training_ends_right_before_its_limit_with_a_low_learning_rate(update: float, validation: float) -> None:
    clock = Clock()
    limit = TimeLimit(60.0, clock=clock)
    clock.now += 5  # loading weights, fitting the probe

    factors = trained(limit, clock, update=update, validation=validation, every=10)

    assert 60 - 2 * (update + validation) < limit.elapsed() <= 60
    assert factors[0] == 1.0
    assert factors[-1] < 0.1
    assert factors == sorted(factors, reverse=True)


def test_a_validation_that_was_never_measured_is_expected_by_the_speed_of_training() -> None:
    clock = Clock()
    limit = TimeLimit(60.0, clock=clock)

    trained(limit, clock, update=1.0, validation=2.0, every=1000)

    assert 56 < limit.elapsed() <= 60


def test_validations_of_averages_lie_within_the_limit() -> None:
    clock = Clock()
    limit = TimeLimit(60.0, validations_after=4, clock=clock)

    trained(limit, clock, update=0.5, validation=3.0, every=5)

    assert 3 * 3.0 <= limit.left() <= 3 * 3.0 + 4


def test_what_earlier_attempts_took_is_gone() -> None:
    clock = Clock()
    limit = TimeLimit(60.0, spent=50.0, clock=clock)

    trained(limit, clock, update=0.5, validation=1.0, every=100)

    assert clock.now - 100 <= 10


def test_without_a_limit_no_time_is_over() -> None:
    clock = Clock()
    limit = TimeLimit(clock=clock)
    clock.now += 1e9

    assert (limit.is_set, limit.share(5, 1.0)) == (False, 0.0)
    assert json.loads(json.dumps(limit.left())) > 1e12


SECONDS = 3.0
LIMITED = {"training.time_limit": SECONDS / 60, "training.epochs": 10_000, "training.save_best_checkpoint": True}


def test_a_run_ends_on_time_with_its_best_weights_and_says_so(work: "Work") -> None:
    done = work("done", LIMITED)

    rates = [value for _, value in done.series("train.learning_rate")]
    assert done.code == 0
    assert 3 < len(rates) < 60_000
    assert rates[-1] < 0.3 * max(rates)
    assert done.series("validation.loss")[-1][0] == 16 * len(rates)
    said = [event.text for event in done.of_kind("log") if "time limit" in event.text]
    assert len(said) == 1
    assert f"after {len(rates)} of at most 60000 updates" in said[0]
    best = max(value for _, value in done.series("validation.ROC_AUC"))
    assert done.of_kind("finished")[0].best["metric"] == best
    trained_at = next(event.time for event in done.of_kind("phase") if event.name == "training")
    last = [event.time for event in done.of_kind("checkpoint")][-1]
    assert last - trained_at < 2 * SECONDS


def test_a_resumed_run_has_the_time_that_is_left(work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", 12, patch)
        stopped = work("parts", LIMITED)
    before = stopped.checkpoint()["progress"]
    (tmp_path / "parts" / "stop").unlink()

    resumed = work("parts", attempt=2, fence=2, resume=True)

    after = resumed.checkpoint()["progress"]
    assert (stopped.code, resumed.code) == (4, 0)
    assert 0 < before["seconds"] < after["seconds"] < 2 * SECONDS
    assert (before["is_out_of_time"], after["is_out_of_time"]) == (False, True)


def test_a_limit_that_is_not_reached_changes_nothing(work: "Work") -> None:
    limited, plain = work("limited", {"training.time_limit": 1000.0}), work("plain")

    assert limited.series("train.learning_rate") == plain.series("train.learning_rate")
    assert limited.series("train.loss") == plain.series("train.loss")
    assert not [event for event in limited.of_kind("log") if "time limit" in event.text]
