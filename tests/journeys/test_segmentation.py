"""Masks of real microscope images, by the suggested recipe, to a pipeline that draws the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from studio.datasets.masks.run_lengths import from_text

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]


def pixels(text: str) -> set[int]:
    runs = from_text(text)
    return set(np.concatenate([np.arange(a, a + n) for a, n in runs] or [np.zeros(0, int)]).tolist())


def overlap(table: pd.DataFrame, truth: pd.DataFrame) -> float:
    """IoU over all images, from the masks of the prediction table alone."""
    common = both = 0
    for predicted, true in zip(table["rle_mask"], truth["rle_mask"], strict=True):
        ours, theirs = pixels(predicted[0] if len(predicted) else ""), pixels(true[0])
        common, both = common + len(ours & theirs), both + len(ours | theirs)
    return common / both


def test_the_suggested_recipe_finds_nuclei_better_than_frozen_features(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    """Frozen features of the same encoder with a linear model a pixel have a test IoU of 0.66."""
    source = shared_data / "image_semantic_segmentation__nuclei"
    imported = studio("dataset", "import", source, "--name", "nuclei")
    assert imported["problem_type"] == "image_semantic_segmentation"
    config = tmp_path / "nuclei.yaml"
    small = (
        "architecture.architecture=Unet",
        "training.epochs=8",
        "image.image_width=128",
        "image.image_height=128",
        "environment.seed=1",
    )
    studio("config", "new", "image_semantic_segmentation", "--dataset", "nuclei", "--suggest",
           *(word for one in small for word in ("--set", one)), "-o", config)  # fmt: skip

    shown = studio("run", config, "--name", "masks", "--wait", timeout=900)

    measured = shown["runs"][0]["metrics"]["test"]["IoU"]
    assert measured > 0.70
    studio("predict", "masks", "--table", source / "test.parquet", "--media", source / "images",
           "-o", tmp_path / "masks.parquet")  # fmt: skip
    table, truth = pd.read_parquet(tmp_path / "masks.parquet"), pd.read_parquet(source / "test.parquet")
    assert list(table["image"]) == list(truth["image"])
    assert overlap(table, truth) == pytest.approx(measured, abs=1e-6)
