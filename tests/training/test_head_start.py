"""The linear probe: the first point of a run, repeatable, resumable, and what a run is never worse than."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from studio.training.held_out_average import between

from .test_loop import equal, keep_signals, stop_after

if TYPE_CHECKING:
    from .conftest import Work

__all__ = ["keep_signals"]

PROBED = {"training.head_start": "Linear probe"}
TOO_FAST = {
    **PROBED,
    "training.learning_rate": 3.0,
    "training.optimizer": "SGD",
    "training.epochs": 1,
    "prediction.metric": "LogLoss",
}
"""Destroys what the start knew."""
NO_BATCH_STATISTICS = {"architecture.backbone": "test_convnext", "prediction.metric": "LogLoss"}
"""Random weights of this network say the same in training as in validation."""


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


@pytest.mark.parametrize(
    "changes", [{"training.average_with_probe": False}, TOO_FAST], ids=["as trained", "averaged with its probe"]
)
@pytest.mark.parametrize("looks", [2, 7])
def test_a_run_that_was_stopped_before_or_behind_its_probe_resumes_to_the_same_bits(
    work: "Work", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, looks: int, changes: dict[str, Any]
) -> None:
    settings = {**PROBED, "architecture.dropout": 0.3, "augmentation.augmentations_strategy": "Hard", **changes}
    whole = work("whole", settings)
    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", looks, patch)
        stopped = work("parts", settings)
    (tmp_path / "parts" / "stop").unlink()

    resumed = work("parts", attempt=2, fence=2, resume=True)

    assert (stopped.code, resumed.code) == (4, 0)
    assert equal(whole.weights(), resumed.weights())
    assert all(("is the average of" in logged(one)) == (changes is TOO_FAST) for one in (whole, resumed))


def test_without_epochs_the_probe_is_the_model(work: "Work") -> None:
    trained, untrained = work("trained", PROBED), work("untrained", {**PROBED, "training.epochs": 0})

    [(step, loss)] = untrained.series("validation.loss")
    assert (step, loss) == trained.series("validation.loss")[0]
    assert untrained.of_kind("finished")[0].metrics["validation"]["loss"] == pytest.approx(loss, abs=1e-4)


def test_the_best_checkpoint_may_be_the_probe(work: "Work") -> None:
    done = work("done", {**TOO_FAST, "training.save_best_checkpoint": True})

    assert done.of_kind("best")[-1].step == 0
    first = done.series("validation.LogLoss")[0][1]
    assert done.of_kind("finished")[0].metrics["validation"]["LogLoss"] == pytest.approx(first, abs=1e-4)
    assert first < done.series("validation.LogLoss")[-1][1]


def test_training_that_loses_what_the_probe_knew_ends_as_an_average_of_both(work: "Work") -> None:
    averaged = work("averaged", TOO_FAST)
    as_trained = work("as trained", {**TOO_FAST, "training.average_with_probe": False})

    (_, of_probe), (_, of_training) = averaged.series("validation.LogLoss")
    ended = [done.of_kind("finished")[0].metrics["validation"]["LogLoss"] for done in (averaged, as_trained)]
    assert of_training > of_probe
    assert ended[0] <= of_probe + 1e-4
    assert ended[1] == pytest.approx(of_training, abs=1e-4)
    assert f"LogLoss ended at {of_training:.4g} on the validation rows; its linear probe had {of_probe:.4g}" in (
        logged(averaged)
    )
    assert averaged.of_kind("best")[-1].metric == pytest.approx(ended[0], abs=1e-4)
    assert not list((averaged.folder / "checkpoints").glob("probe*"))


def test_an_end_below_the_probe_that_may_be_chance_stays_as_trained(work: "Work") -> None:
    done = work("done", {**PROBED, **NO_BATCH_STATISTICS, "training.learning_rate": 1e-4})

    (_, of_probe), *_, (_, ended) = done.series("validation.LogLoss")
    assert of_probe < ended < 1.02 * of_probe
    assert "That may be chance: 95 % interval of the difference" in logged(done)
    assert done.of_kind("finished")[0].metrics["validation"]["LogLoss"] == pytest.approx(ended, abs=1e-4)


def test_training_that_is_better_than_its_probe_is_not_asked(work: "Work") -> None:
    settings = {**PROBED, **NO_BATCH_STATISTICS, "training.learning_rate": 3e-3, "training.epochs": 6}

    done = work("done", settings)

    assert done.series("validation.LogLoss")[-1][1] < done.series("validation.LogLoss")[0][1]
    assert "averaging weights" not in [event.name for event in done.of_kind("phase")]


def test_weights_between_two_are_on_the_line_and_counts_are_the_trained_ones() -> None:
    probe = {"weight": torch.tensor([0.0, 2.0]), "count": torch.tensor(3)}
    trained = {"weight": torch.tensor([1.0, 4.0]), "count": torch.tensor(7)}

    found = between(probe, trained, 0.25)

    assert found["weight"].tolist() == [0.25, 2.5]
    assert found["count"].item() == 7
