"""The linear probe: the first point of a run, repeatable, resumable, and what a run is never worse than."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .test_loop import equal, keep_signals, stop_after

if TYPE_CHECKING:
    from .conftest import Work

__all__ = ["keep_signals"]

PROBED = {"training.head_start": "Linear probe"}
TOO_FAST = {**PROBED, "training.learning_rate": 3.0, "training.optimizer": "SGD", "training.epochs": 1}
"""Destroys what the start knew."""


def logged(done: Any) -> str:
    return "\n".join(event.text for event in done.of_kind("log"))


def test_a_probe_is_validated_before_the_first_update_and_beats_a_random_start(work: "Work") -> None:
    probed = work("probed", PROBED)
    random = work("random", {"training.evaluate_before_training": True})

    first = [done.series("validation.loss")[0] for done in (probed, random)]
    assert [step for step, _ in probed.series("validation.loss")] == [0, 96, 192]
    assert [step for step, _ in first] == [0, 0]
    assert first[0][1] < 0.7 * first[1][1]
    assert "Linear probe on the frozen features of 96 rows: penalty" in logged(probed)
    assert "Linear probe" not in logged(random)
    phases = [event.name for event in probed.of_kind("phase")]
    assert phases.index("fitting the linear probe") < phases.index("validating") < phases.index("training")


def test_a_random_encoder_is_probed_only_where_asked(work: "Work") -> None:
    done = work("done", {"training.head_start": "Automatic", "training.epochs": 0})

    assert "Linear probe" not in logged(done)


@pytest.mark.parametrize("looks", [2, 7])
def test_a_run_that_was_stopped_before_or_behind_its_probe_resumes_to_the_same_bits(
    work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, looks: int
) -> None:
    settings = {**PROBED, "architecture.dropout": 0.3, "augmentation.augmentations_strategy": "Hard"}
    whole = work("whole", settings)
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", looks, patch)
        stopped = work("parts", settings)
    (tmp_path / "parts" / "stop").unlink()

    resumed = work("parts", attempt=2, fence=2, resume=True)

    assert (stopped.code, resumed.code) == (4, 0)
    assert equal(whole.weights(), resumed.weights())


def test_without_epochs_the_probe_is_the_model(work: "Work") -> None:
    trained, untrained = work("trained", PROBED), work("untrained", {**PROBED, "training.epochs": 0})

    [(step, loss)] = untrained.series("validation.loss")
    assert (step, loss) == trained.series("validation.loss")[0]
    assert untrained.of_kind("finished")[0].metrics["validation"]["loss"] == pytest.approx(loss, abs=1e-4)


def test_the_best_checkpoint_may_be_the_probe(work: "Work") -> None:
    done = work("done", {**TOO_FAST, "training.save_best_checkpoint": True, "prediction.metric": "LogLoss"})

    assert done.of_kind("best")[-1].step == 0
    first = done.series("validation.LogLoss")[0][1]
    assert done.of_kind("finished")[0].metrics["validation"]["LogLoss"] == pytest.approx(first, abs=1e-4)
    assert first < done.series("validation.LogLoss")[-1][1]
