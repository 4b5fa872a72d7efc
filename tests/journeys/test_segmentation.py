"""Masks of real images by the suggested recipe, beside what classical image processing and the usual layout reach."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.shared]
SHORT = ("training.epochs=8", "image.image_width=128", "image.image_height=128")


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


def otsu(image: Path) -> str:
    """Run lengths of the rarer side of Otsu's threshold."""
    grey = np.asarray(Image.open(image).convert("L"))
    _, bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return to_text(encode((bright if bright.mean() < 0.5 else 1 - bright) > 0))


@pytest.mark.parametrize(
    "changes",
    [pytest.param(SHORT, id="a short run"), pytest.param((), id="as suggested", marks=pytest.mark.figures)],
)
def test_the_suggested_recipe_finds_nuclei_better_than_otsu(
    changes: tuple[str, ...], studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "image_semantic_segmentation__nuclei"
    imported = studio("dataset", "import", source, "--name", "nuclei")
    assert imported["problem_type"] == "image_semantic_segmentation"
    config = tmp_path / "nuclei.yaml"
    studio("config", "new", "image_semantic_segmentation", "--dataset", "nuclei", "--suggest",
           *(word for one in ("environment.seed=1", *changes) for word in ("--set", one)), "-o", config)  # fmt: skip

    shown = studio("run", config, "--name", "masks", "--wait", timeout=900)

    measured = shown["runs"][0]["metrics"]["test"]["IoU"]
    truth = pd.read_parquet(source / "test.parquet")
    by_threshold = truth.assign(rle_mask=truth["image"].map(lambda name: [otsu(source / "images" / name)]))
    print({"IoU": measured, "Otsu": overlap(by_threshold, truth)})
    assert measured > max(0.7, overlap(by_threshold, truth))
    studio("predict", "masks", "--table", source / "test.parquet", "--media", source / "images",
           "-o", tmp_path / "masks.parquet")  # fmt: skip
    table = pd.read_parquet(tmp_path / "masks.parquet")
    assert list(table["image"]) == list(truth["image"])
    assert overlap(table, truth) == pytest.approx(measured, abs=1e-6)


SIDE = 64


def class_masks(source: Path, table: str) -> NDArray[np.bool_]:
    """Masks (N, classes, SIDE, SIDE) of a table whose rows name every class."""
    frame = pd.read_parquet(source / table)
    masks = []
    for name, texts in zip(frame["image"], frame["rle_mask"], strict=True):
        width, height = Image.open(source / "images" / name).size
        full = [decode(from_text(text), height, width).astype(np.uint8) for text in texts]
        masks.append([cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST) > 0 for one in full])
    return np.array(masks)


def class_ious(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """IoU of each class over all images."""
    common, either = (said & true).sum(axis=(0, 2, 3)), (said | true).sum(axis=(0, 2, 3))
    return np.asarray(common / np.maximum(either, 1), dtype=np.float64)


def where_classes_lie(source: Path) -> float:
    """Mean IoU on the test photos of one mask a class: the places where it lies often enough in training photos."""
    train, test = class_masks(source, "train.parquet"), class_masks(source, "test.parquet")
    often = train.mean(axis=0)
    shares = np.linspace(0, 0.6, 25)
    drawn = [np.broadcast_to(often >= share, train.shape) for share in shares]
    best = shares[np.argmax([class_ious(one, train) for one in drawn], axis=0)]
    said = np.broadcast_to(often >= best[:, None, None], test.shape)
    return float(class_ious(said, test)[test.any(axis=(0, 2, 3))].mean())


@pytest.mark.figures
def test_the_suggested_recipe_segments_scenes_better_than_their_usual_layout(
    studio: Studio, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "image_semantic_segmentation__coco_scenes"
    studio("dataset", "import", source, "--name", "scenes")
    config = tmp_path / "scenes.yaml"
    studio("config", "new", "image_semantic_segmentation", "--dataset", "scenes", "--suggest",
           "--set", "environment.seed=1", "-o", config)  # fmt: skip

    shown = studio("run", config, "--name", "masks", "--wait", timeout=1500)

    measured, usual = shown["runs"][0]["metrics"]["test"]["IoU"], where_classes_lie(source)
    print({"IoU": measured, "usual layout": usual})
    assert measured > usual
