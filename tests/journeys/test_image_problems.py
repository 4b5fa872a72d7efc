"""Image regression and metric learning on real images, by the suggested recipe, to a pipeline that says the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]


@pytest.mark.figures
def test_the_suggested_recipe_counts_nuclei_better_than_frozen_features(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    """Frozen features of the same backbone with a linear model have a mean absolute error of 6.7, the mean 16.3."""
    source = shared_data / "image_regression__nuclei_count"
    imported = studio("dataset", "import", source, "--name", "nuclei")
    assert imported["problem_type"] == "image_regression"
    assert imported["roles"]["label_columns"] == ["nuclei_count"]
    config = tmp_path / "nuclei.yaml"
    studio("config", "new", "image_regression", "--dataset", "nuclei", "--suggest",
           "--set", "environment.seed=1", "-o", config)  # fmt: skip

    shown = studio("run", config, "--name", "count", "--wait", timeout=900)

    measured = shown["runs"][0]["metrics"]["test"]["MAE"]
    assert measured < 6.7
    predicted = studio("predict", "count", "--table", source / "test.csv", "--media", source / "images",
                       "-o", tmp_path / "predictions.csv")  # fmt: skip
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert predicted["rows"] == len(table) == 48
    assert float((table["pred_nuclei_count"] - table["nuclei_count"]).abs().mean()) == pytest.approx(measured, abs=1e-4)


@pytest.mark.figures
def test_letters_of_an_unseen_alphabet_find_their_like(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """The same backbone without training, through a random projection, finds a match first for 0.77 of them."""
    source = shared_data / "image_metric_learning__omniglot"
    imported = studio("dataset", "import", source, "--name", "letters", "--problem-type", "image_metric_learning")
    assert imported["rows"] == {"train": 1200, "test": 400} or sum(imported["rows"].values()) == 1600
    config = tmp_path / "letters.yaml"
    small = ("image.image_width=96", "image.image_height=96", "training.epochs=3", "environment.seed=1")
    studio("config", "new", "image_metric_learning", "--dataset", "letters", "--suggest",
           *(word for one in small for word in ("--set", one)), "-o", config)  # fmt: skip

    shown = studio("run", config, "--name", "alike", "--wait", timeout=900)

    found = shown["runs"][0]["metrics"]["test"]
    assert found["Recall_at_1"] > 0.80
    assert found["mAP"] > 0.60
    studio("predict", "alike", "--table", source / "test.csv", "--media", source / "images",
           "-o", tmp_path / "alike.parquet")  # fmt: skip
    table = pd.read_parquet(tmp_path / "alike.parquet")
    assert {"pred_similar_rows", "pred_similarities", "pred_label"} <= set(table.columns)
    assert float((table["pred_label"] == table["label"]).mean()) == pytest.approx(found["Recall_at_1"], abs=1e-9)
