"""Temperature and thresholds of a run: fitted on validation rows, and the same wherever the model predicts."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.workspace import Source, import_dataset, make_run
from studio.datasets.dataset import Dataset
from studio.datasets.labels.labels import Task
from studio.files import read_json
from studio.modeling.classification.held_out_fit import best_thresholds, fit_temperature
from studio.scoring.pack import pack
from studio.training.worker import run_worker

from .conftest import Worked
from .test_loop import equal, keep_signals

__all__ = ["keep_signals"]

WORDS = {"billing": "invoice", "delivery": "parcel", "account": "password"}
LABELS = tuple(WORDS)
SETTINGS = {
    "architecture.backbone": "scratch/bert-mini",
    "architecture.pretrained": False,
    "tokenizer.max_length": 16,
    "training.epochs": 4,
    "training.learning_rate": 1e-3,
    "training.batch_size": 16,
    "environment.number_of_workers": 0,
    "environment.mixed_precision_training": False,
    "logging.number_of_texts": 2,
    "training.build_scoring_pipelines": False,
}
FITTED = {"prediction.temperature_scaling": True, "prediction.thresholds": "Per class"}


@pytest.fixture(scope="session")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Texts with several labels each."""
    folder = tmp_path_factory.mktemp("tickets")
    generator = np.random.default_rng(0)
    truth = generator.random((160, 3)) < [0.5, 0.3, 0.2]
    texts = [
        " ".join(["please", *(word for word, is_in in zip(WORDS.values(), row, strict=True) if is_in), f"number {i}"])
        for i, row in enumerate(truth)
    ]
    pd.DataFrame({"text": texts, **{name: truth[:, k].astype(int) for k, name in enumerate(LABELS)}}).to_csv(
        folder / "train.csv", index=False
    )
    source = Source("text_classification", folder, {"text_column": ["text"], "label_columns": list(LABELS)}, test=None)
    return import_dataset(source, tmp_path_factory.mktemp("datasets") / "tickets")


def run(folder: Path, dataset: Dataset, **changes: Any) -> Worked:
    make_run(folder, dataset, {**SETTINGS, **changes}, threads=1, seed=3)
    return Worked(folder, run_worker(folder))


def predicted(done: Worked) -> pd.DataFrame:
    return pd.read_csv(done.folder / "predictions" / "validation.csv")


def facts(done: Worked) -> dict[str, Any]:
    return dict(read_json(done.folder / "bundle" / "bundle.json")["target"]["facts"])


@pytest.fixture(scope="session")
def fitted(tickets: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Worked:
    return run(tmp_path_factory.mktemp("runs") / "fitted", tickets, **FITTED)


def test_what_validation_rows_decide_goes_wherever_the_model_predicts(
    tickets: Dataset, fitted: Worked, tmp_path: Path
) -> None:
    plain = run(tmp_path / "plain", tickets)

    assert (fitted.code, plain.code) == (0, 0)
    assert equal(fitted.weights(), plain.weights())
    before, after = predicted(plain), predicted(fitted)
    truth = before[list(LABELS)].to_numpy(float)
    columns = [f"pred_{name}" for name in LABELS]
    temperature = fit_temperature(truth, before[columns].to_numpy(), Task.MULTI_LABEL)
    thresholds = best_thresholds(truth, after[columns].to_numpy(), 0.5)
    assert facts(fitted)["temperature"] == pytest.approx(temperature, rel=0.05)
    assert [facts(fitted)[f"threshold_of_class_{k}"] for k in range(3)] == pytest.approx(thresholds.tolist(), abs=1e-5)
    assert "temperature" not in facts(plain)
    logits = [np.log(one[columns] / (1 - one[columns])).to_numpy() for one in (before, after)]
    np.testing.assert_allclose(logits[0] / facts(fitted)["temperature"], logits[1], rtol=0, atol=1e-3, equal_nan=False)
    chosen = after[columns].to_numpy() > thresholds
    words = [", ".join(np.array(LABELS)[row]) for row in chosen]
    assert after["pred_label"].fillna("").tolist() == words
    metrics = [one.of_kind("finished")[0].metrics["validation"] for one in (plain, fitted)]
    assert metrics[1]["LogLoss"] <= metrics[0]["LogLoss"]
    assert metrics[1]["F1"] >= metrics[0]["F1"]
    assert metrics[1]["loss"] == pytest.approx(metrics[0]["loss"], abs=1e-6)
    panel = read_json(fitted.folder / "insights" / "validation-calibration.json")
    assert "Logits are divided by the temperature" in panel["how_to_read"]
    classes = read_json(fitted.folder / "insights" / "validation-classes.json")["payload"]
    assert classes["columns"][-1] == "Threshold"
    assert [row[-1] for row in classes["rows"]] == pytest.approx(thresholds.tolist(), abs=1e-5)


@pytest.mark.heavy
def test_the_pipeline_repeats_what_was_fitted(fitted: Worked, tmp_path: Path) -> None:
    pack(fitted.folder)
    with zipfile.ZipFile(fitted.folder / "pipeline.zip") as pipeline:
        pipeline.extractall(tmp_path)
    [root] = {path.parent for path in tmp_path.rglob("score.py")}

    verified = subprocess.run(
        [sys.executable, "score.py", "verify"], cwd=root, capture_output=True, text=True, check=False
    )

    assert verified.returncode == 0, verified.stdout + verified.stderr[-2000:]


def test_rows_that_were_trained_on_decide_nothing(tickets: Dataset, tmp_path: Path) -> None:
    done = run(tmp_path / "run", tickets, **FITTED, **{"training.train_validation_data": True, "training.epochs": 1})

    assert "temperature" not in facts(done)
    assert any("no rows held out" in event.text for event in done.of_kind("log"))
