"""Baselines: the same answer for every row, measured on the same rows as the model."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score

from benchmarks.workspace import import_example, make_run
from studio.results.prediction import BaselineSummary
from studio.training.worker import run_worker
from tests.training.conftest import TINY, Worked

if TYPE_CHECKING:
    from .conftest import Work


def validation(done: Worked) -> Any:
    [summary] = [one.summary for one in done.of_kind("predictions") if one.summary.split == "validation"]
    return summary


def tables(done: Worked, dataset: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training rows of a run, and its validation rows."""
    written = pd.read_csv(done.folder / "predictions" / "validation.csv")
    rows = dataset.table("train.csv")
    return rows[~rows["image"].isin(written["image"])], written


def test_classes_are_compared_with_their_frequencies(work: "Work", shapes: Any) -> None:
    done = work("done", {"training.learning_rate": 1e-3})

    baseline: BaselineSummary = validation(done).baseline
    train, rows = tables(done, shapes)
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(train), 1)), train["label"])
    said = dummy.predict_proba(np.zeros((len(rows), 1)))
    assert baseline.name == "class frequencies"
    assert baseline.metrics["Accuracy"] == pytest.approx(
        accuracy_score(rows["label"], dummy.classes_[said.argmax(1)]), abs=1e-9
    )
    assert baseline.metrics["LogLoss"] == pytest.approx(log_loss(rows["label"], said, labels=dummy.classes_), abs=1e-6)
    assert baseline.metrics["ROC_AUC"] == pytest.approx(0.5, abs=1e-9)
    low, high = baseline.differences["LogLoss"]
    assert low < validation(done).metrics["LogLoss"] - baseline.metrics["LogLoss"] < high


def test_numbers_are_compared_with_their_mean(tmp_path: Path) -> None:
    dataset = import_example("image_regression", tmp_path / "datasets" / "numbers")
    run_worker(make_run(tmp_path / "run", dataset, {**TINY, "training.epochs": 1}, threads=1, seed=3))
    done = Worked(tmp_path / "run", 0)

    baseline: BaselineSummary = validation(done).baseline
    train, rows = tables(done, dataset)
    [label] = dataset.manifest.roles["label_columns"]
    said = DummyRegressor().fit(np.zeros((len(train), 1)), train[label]).predict(np.zeros((len(rows), 1)))
    assert baseline.name == "training mean"
    assert baseline.metrics["MAE"] == pytest.approx(mean_absolute_error(rows[label], said), abs=1e-6)
    assert baseline.metrics["R2"] == pytest.approx(r2_score(rows[label], said), abs=1e-6)


def test_where_no_answer_fits_every_row_there_is_no_baseline(tmp_path: Path) -> None:
    dataset = import_example("image_metric_learning", tmp_path / "datasets" / "labels")
    run_worker(make_run(tmp_path / "run", dataset, {**TINY, "training.epochs": 1}, threads=1, seed=3))

    assert validation(Worked(tmp_path / "run", 0)).baseline is None
