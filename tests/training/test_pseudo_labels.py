"""Pseudo labels: two trainings that read as one, resumable in either."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import torch

from studio.training.pseudo_labels import FILE, label_counts

from .test_loop import stop_after

if TYPE_CHECKING:
    from .conftest import Work

SETTINGS = {
    "dataset.unlabeled_dataframe": "test.csv",
    "architecture.dropout": 0.1,
    "training.learning_rate": 0.03,
}
"""With this rate the tiny model is sure of some of the 36 unlabeled rows after its first training, and not of all."""
UPDATES = 12


def test_both_stages_read_as_one_training(work: "Work") -> None:
    done = work(settings=SETTINGS)

    kept = pd.read_parquet(done.folder / FILE)
    steps = [step for step, _ in done.series("train.loss")]
    validations = [step for step, _ in done.series("validation.loss")]
    fractions = [event.fraction for event in done.of_kind("progress")]
    phases = [event.detail for event in done.of_kind("phase") if event.name == "training"]
    log = "\n".join(event.text for event in done.of_kind("log"))
    assert done.code == 0
    assert 0 < len(kept) < 36
    assert steps == sorted(set(steps))
    assert len(validations) == 4
    assert phases == ["epoch 1 of 4", "epoch 2 of 4", "epoch 3 of 4", "epoch 4 of 4"]
    assert fractions == sorted(fractions)
    assert f"Pseudo labels: {len(kept)} of " in log
    assert f"{96 + len(kept)} training and 24 validation rows" in log


def test_no_sure_row_means_one_stage(work: "Work") -> None:
    done = work(settings={**SETTINGS, "training.learning_rate": 1e-9})

    assert done.code == 0
    assert len(done.series("train.loss")) == UPDATES
    assert any("confident about none" in event.text for event in done.of_kind("log"))


@pytest.mark.parametrize("stop_at", [4, 18, 26])
def test_each_part_resumes_to_the_same_bits(
    work: "Work", monkeypatch: pytest.MonkeyPatch, stop_at: int, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "training.save_best_checkpoint": True}
    whole = work("whole", settings)

    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", stop_at, patch)
        stopped = work("parts", settings)
    (tmp_path / "parts" / "stop").unlink()
    resumed = work("parts", attempt=2, fence=2, resume=True)

    first, second = whole.weights(), resumed.weights()
    assert (stopped.code, resumed.code) == (4, 0)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert whole.series("train.loss") == resumed.series("train.loss")


def test_counts_know_classes_lists_and_columns_of_their_own() -> None:
    assert label_counts(pd.DataFrame({"y": ["a", "b", "a"], "n": [1, 2, 3]}), ("a", "b")) == {"a": 2, "b": 1}
    assert label_counts(pd.DataFrame({"y": [["a", "b"], []]}), ("a", "b")) == {"a": 1, "b": 1}
    assert label_counts(pd.DataFrame({"score": [1.0, 0.3]}), ("score",)) == {}
    assert label_counts(pd.DataFrame({"a": [1, 0, 1], "b": [0, 0, 1]}), ("a", "b")) == {"a": 2, "b": 1}
