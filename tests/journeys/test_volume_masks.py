"""Masks of tumours in real scans, by the suggested recipe, to predictions that say the same as the metrics."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import decode, from_text

Studio = Callable[..., Any]
Scans = list[tuple[NDArray[np.uint8], NDArray[np.bool_]]]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]


def masks_of(table: pd.DataFrame, shapes: list[tuple[int, ...]]) -> list[NDArray[np.bool_]]:
    texts = [cell[0] if len(cell) else "" for cell in table["rle_mask"]]
    return [decode(from_text(text), *shape) for text, shape in zip(texts, shapes, strict=True)]


def scans(source: Path, name: str) -> Scans:
    table = pd.read_parquet(source / name)
    volumes = [np.load(source / "images" / image) for image in table["image"]]
    return list(zip(volumes, masks_of(table, [one.shape for one in volumes]), strict=True))


def dice(pairs: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]) -> float:
    """Of all voxels together."""
    common = sum(int((said & true).sum()) for said, true in pairs)
    return 2 * common / max(1, sum(int(said.sum()) + int(true.sum()) for said, true in pairs))


def at_threshold(data: Scans, threshold: int) -> float:
    return dice([(volume >= threshold, true) for volume, true in data])


def trained(studio: Studio, source: Path, folder: Path, *changes: str) -> float:
    """Test Dice of the suggested recipe, after it was found again in a prediction table."""
    imported = studio("dataset", "import", source, "--name", "tumours")
    assert imported["problem_type"] == "image_3d_semantic_segmentation"
    config = folder / "tumours.yaml"
    words = [word for change in ("environment.seed=1", *changes) for word in ("--set", change)]
    studio("config", "new", "image_3d_semantic_segmentation", "--dataset", "tumours", "--suggest", *words, "-o", config)
    shown = studio("run", config, "--name", "masks", "--wait", timeout=1500)
    measured = float(shown["runs"][0]["metrics"]["test"]["Dice"])
    studio("predict", "masks", "--table", source / "test.parquet", "--media", source / "images",
           "-o", folder / "masks.parquet")  # fmt: skip
    truth = [true for _, true in scans(source, "test.parquet")]
    said = masks_of(pd.read_parquet(folder / "masks.parquet"), [one.shape for one in truth])
    assert dice(list(zip(said, truth, strict=True))) == pytest.approx(measured, abs=1e-6)
    return measured


def test_predicted_masks_of_scans_have_the_measured_dice(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "image_3d_semantic_segmentation__brain_tumor"

    trained(studio, source, tmp_path, "training.epochs=1", "image.image_width=24", "image.image_height=24")


@pytest.mark.figures
def test_the_suggested_recipe_finds_tumours_of_another_patient_better_than_any_threshold(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "image_3d_semantic_segmentation__brain_tumor"
    train, test = scans(source, "train.parquet"), scans(source, "test.parquet")
    best = max(range(1, 256), key=lambda threshold: at_threshold(train, threshold))

    measured, threshold = trained(studio, source, tmp_path), at_threshold(test, best)
    print({"Dice": measured, "best threshold": threshold})
    assert measured > threshold
