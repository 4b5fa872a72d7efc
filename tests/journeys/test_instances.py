"""Instances of real images: nuclei by the suggested recipe against classical image processing, and both kinds of model
on a handful of photos.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from studio.datasets.masks.run_lengths import runs_by_value
from studio.modeling.instance_segmentation.results import evaluate_masks
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.predictions import Raw
from studio.modeling.segmentation.truth import TrueMasks

Studio = Callable[..., Any]
KIND = "image_instance_segmentation"
LIMIT = 400

pytestmark = [pytest.mark.heavy, pytest.mark.shared]


def truth_of(table: pd.DataFrame, labels: list[str]) -> list[TrueMasks]:
    return [
        TrueMasks(tuple(labels.index(name) for name in names), tuple(texts))
        for names, texts in zip(table["class_id"], table["rle_mask"], strict=True)
    ]


def otsu_components(image: Path) -> Raw:
    """Otsu's threshold, of which the rarer side is nuclei; their connected components, the largest first."""
    grey = np.asarray(Image.open(image).convert("L"))
    _, bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    _, labels = cv2.connectedComponents(bright if bright.mean() < 0.5 else 1 - bright)
    runs = [one for one in runs_by_value(labels).values() if one[:, 1].sum() >= 8]
    areas = np.array([one[:, 1].sum() for one in runs], dtype=np.float64)
    return InstanceSet(grey.shape, np.zeros(len(runs), np.int64), runs, areas / grey.size).raw()


def baseline(source: Path) -> tuple[float, float]:
    """COCO mAP and mAP at 0.5 of Otsu with components on the test images."""
    table = pd.read_parquet(source / "test.parquet")
    raws = [otsu_components(source / "images" / name) for name in table["image"]]
    labels = sorted({name for names in table["class_id"] for name in names})
    found = evaluate_masks(truth_of(table, labels), raws, 1, 0.5, LIMIT)
    return found.coco(), found.ap(0.5)


def trained(studio: Studio, source: Path, tmp_path: Path, model: str, *changes: str) -> dict[str, float]:
    """The metrics of the test table by the suggested recipe with some changes."""
    imported = studio("dataset", "import", source, "--name", "data")
    assert imported["problem_type"] == KIND
    config = tmp_path / "run.yaml"
    studio("config", "new", KIND, "--model-type", model, "--dataset", "data", "--suggest",
           "--set", "environment.seed=1",
           *(word for one in changes for word in ("--set", one)), "-o", config)  # fmt: skip
    shown = studio("run", config, "--name", "masks", "--wait", timeout=1500)
    metrics: dict[str, float] = shown["runs"][0]["metrics"]["test"]
    return metrics


@pytest.mark.figures
def test_the_suggested_recipe_finds_nuclei_far_better_than_otsu(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "image_instance_segmentation__nuclei"
    coco, at_half = baseline(source)

    metrics = trained(studio, source, tmp_path, "unet_components")

    print({"Otsu": (coco, at_half), **metrics})
    assert metrics["COCO_mAP"] > coco + 0.1
    assert metrics["mAP"] > at_half + 0.1
    studio("predict", "masks", "--table", source / "test.parquet", "--media", source / "images",
           "-o", tmp_path / "masks.parquet")  # fmt: skip
    table = pd.read_parquet(tmp_path / "masks.parquet")
    assert [len(cell) for cell in table["rle_mask"]] == [len(cell) for cell in table["confidence"]]


@pytest.mark.figures
@pytest.mark.parametrize("model", ["unet_components", "mask_rcnn"])
def test_fourteen_photos_are_learned_by_heart(model: str, studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """The training photos are the test table: what is asked is whether a model can say what it has seen."""
    source = tmp_path / "source"
    shutil.copytree(shared_data / "image_instance_segmentation__fruits_nuts" / "images", source / "images")
    for split in ("train", "test"):
        shutil.copy(
            shared_data / "image_instance_segmentation__fruits_nuts" / "train.parquet", source / f"{split}.parquet"
        )

    metrics = trained(studio, source, tmp_path, model, "training.train_validation_data=true")

    print({model: metrics})
    assert metrics["mAP"] >= 0.7
