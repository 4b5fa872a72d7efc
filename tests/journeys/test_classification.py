"""From real images to a scoring pipeline that runs elsewhere, with the figures that must be reached."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.fresh_environment import fresh_environment

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]


@pytest.mark.parametrize(
    ("changes", "floor"),
    [
        pytest.param({}, 0.80, marks=pytest.mark.figures, id="the suggested recipe"),
        pytest.param({"training.epochs": 2, "image.image_width": 96, "image.image_height": 96}, 0.5, id="a short run"),
    ],
)
def test_clothing_is_told_apart_and_its_pipeline_says_the_same_in_a_fresh_environment(
    studio: Studio, shared_data: Path, tmp_path: Path, changes: dict[str, Any], floor: float
) -> None:
    """Frozen features of the same backbone with a linear model reach 0.80; the majority class 0.10."""
    source = shared_data / "image_classification__clothing"
    imported = studio("dataset", "import", source, "--name", "clothing")
    assert imported["problem_type"] == "image_classification"
    assert imported["rows"] == {"train": 600, "test": 150} or sum(imported["rows"].values()) == 750
    config = tmp_path / "clothing.yaml"
    studio("config", "new", "image_classification", "--dataset", "clothing", "--suggest",
           "--set", "prediction.metric=Accuracy", "--set", "environment.seed=1", "-o", config)  # fmt: skip
    assert not [one for one in studio("config", "check", config)["findings"] if one["level"] == "error"]

    options = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    shown = studio("run", config, *options, "--name", "first", "--wait", timeout=1500)

    assert shown["state"] == "finished"
    assert shown["runs"][0]["metrics"]["test"]["Accuracy"] >= floor

    predicted = studio("predict", "first", "--table", source / "test.csv", "--media", source / "images",
                       "-o", tmp_path / "predictions.csv")  # fmt: skip
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert (predicted["rows"], predicted["run"]) == (len(table), 1) == (150, 1)
    assert float((table["pred_label"] == table["label"]).mean()) == pytest.approx(
        shown["runs"][0]["metrics"]["test"]["Accuracy"], abs=1e-9
    )

    studio("export", "first", "-o", tmp_path / "pipeline.zip")
    with zipfile.ZipFile(tmp_path / "pipeline.zip") as archive:
        archive.extractall(tmp_path / "pipeline")
    folder = next((tmp_path / "pipeline").rglob("score.py")).parent
    with fresh_environment(folder) as python:
        done = subprocess.run([python, "score.py", "verify"], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        command = ["score.py", "predict", "--table", source / "test.csv", "--media", source / "images"]
        subprocess.run([python, *command, "-o", "again.csv"], cwd=folder, check=True)
    again = pd.read_csv(folder / "again.csv")
    columns = [name for name in table.columns if name.startswith("pred_") and name != "pred_label"]
    assert float(np.abs(again[columns] - table[columns]).to_numpy().max()) <= 1e-5
    assert again["pred_label"].tolist() == table["pred_label"].tolist()


@pytest.mark.figures
@pytest.mark.parametrize(
    ("name", "metric", "floor"),
    [
        ("image_classification__tshirt_or_longsleeve", "Accuracy", 0.88),
        ("image_classification__coco_contents", "ROC_AUC", 0.75),
    ],
)
def test_binary_and_multi_label_images_are_learned(
    studio: Studio, shared_data: Path, tmp_path: Path, name: str, metric: str, floor: float
) -> None:
    studio("dataset", "import", shared_data / name, "--name", "data")
    config = tmp_path / "config.yaml"
    studio("config", "new", "image_classification", "--dataset", "data", "--suggest",
           "--set", f"prediction.metric={metric}", "--set", "environment.seed=1", "-o", config)  # fmt: skip

    shown = studio("run", config, "--wait", timeout=900)

    assert shown["runs"][0]["metrics"]["test"][metric] >= floor
