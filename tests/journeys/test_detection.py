"""Every detector on real images: overfit sixteen of them, then predict others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.figures, pytest.mark.shared]


def sixteen_images(shared_data: Path, folder: Path) -> Path:
    """The first sixteen images of BCCD, as training and as validation rows."""
    source = shared_data / "image_object_detection__bccd"
    rows = pd.read_parquet(source / "train.parquet").head(16)
    (folder / "images").mkdir(parents=True)
    for name in rows["image"]:
        (folder / "images" / name).write_bytes((source / "images" / name).read_bytes())
    rows.to_parquet(folder / "train.parquet")
    rows.to_parquet(folder / "validation.parquet")
    return folder


OVERFITTING: dict[str, dict[str, Any]] = {
    "efficientdet": {
        "training.epochs": 100,
        "training.batch_size": 8,
        "training.evaluation_epochs": 20,
        "training.warmup_epochs": 5,
    },
    "faster_rcnn": {"training.epochs": 26, "training.evaluation_epochs": 13, "training.warmup_epochs": 2},
    "fcos": {"training.epochs": 36, "training.evaluation_epochs": 12, "training.warmup_epochs": 2.5},
}
"""What is changed of the suggested recipe, so that it overfits within about two minutes."""


@pytest.mark.parametrize(("model_type", "least"), [("efficientdet", 0.9), ("faster_rcnn", 0.7), ("fcos", 0.7)])
def test_sixteen_images_are_overfitted_and_the_model_predicts(
    studio: Studio, shared_data: Path, tmp_path: Path, model_type: str, least: float
) -> None:
    studio("dataset", "import", sixteen_images(shared_data, tmp_path / "source"), "--name", "sixteen")
    config = tmp_path / "sixteen.yaml"
    changes = {**OVERFITTING[model_type], "environment.seed": 1, "environment.number_of_workers": 0}
    options = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    studio("config", "new", "image_object_detection", "--model-type", model_type, "--dataset", "sixteen", "--suggest",
           *options, "-o", config)  # fmt: skip

    shown = studio("run", config, "--name", "overfit", "--wait", timeout=1200)

    assert shown["state"] == "finished"
    assert shown["runs"][0]["metrics"]["validation"]["mAP"] >= least

    source = shared_data / "image_object_detection__bccd"
    predicted = studio("predict", "overfit", "--table", source / "test.parquet", "--media", source / "images",
                       "-o", tmp_path / "predictions.parquet")  # fmt: skip
    table = pd.read_parquet(tmp_path / "predictions.parquet")
    assert predicted["rows"] == len(table) == 60
    assert "mAP" in predicted["metrics"]
