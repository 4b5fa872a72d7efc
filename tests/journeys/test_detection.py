"""EfficientDet on real images: overfit sixteen of them, then predict and export."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]


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


def test_sixteen_images_are_overfitted_to_an_average_precision_of_nine_tenths(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    studio("dataset", "import", sixteen_images(shared_data, tmp_path / "source"), "--name", "sixteen")
    config = tmp_path / "sixteen.yaml"
    changes = {
        "training.epochs": 100,
        "training.batch_size": 8,
        "training.evaluation_epochs": 20,
        "training.warmup_epochs": 5,
        "environment.seed": 1,
        "environment.number_of_workers": 0,
    }
    options = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    studio("config", "new", "image_object_detection", "--dataset", "sixteen", "--suggest", *options, "-o", config)

    shown = studio("run", config, "--name", "overfit", "--wait", timeout=1200)

    assert shown["state"] == "finished"
    assert shown["runs"][0]["metrics"]["validation"]["mAP"] >= 0.9

    source = shared_data / "image_object_detection__bccd"
    predicted = studio("predict", "overfit", "--table", source / "test.parquet", "--media", source / "images",
                       "-o", tmp_path / "predictions.parquet")  # fmt: skip
    table = pd.read_parquet(tmp_path / "predictions.parquet")
    assert predicted["rows"] == len(table) == 60
    assert "mAP" in predicted["metrics"]
