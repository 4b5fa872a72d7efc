"""Settings that change what instances are learned or predicted: augmentation, mixing, thresholds, limits, tiles."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from studio.datasets.masks.run_lengths import decode, encode, to_text
from studio.modeling.instance_segmentation.layers import Layers, layers_as_runs
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, Recipe, SampleIndex
from studio.problems.image_instance_segmentation.spec import PROBLEM_TYPE
from studio.problems.recipes import recipe_class

UNET, MASK_RCNN = "unet_components", "mask_rcnn"
COLUMNS = {
    "dataset.image_column": "image",
    "dataset.class_name_column": "class_id",
    "dataset.rle_mask_column": "rle_mask",
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 96,
    "image.image_height": 64,
}
SHAPE = (80, 120)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    """Four pictures of bright squares, two of which touch, one of another class."""
    rows = []
    for number in range(4):
        boxes = ((10 + number, 10, "cat"), (30 + number, 10, "cat"), (70, 40, "dog"))
        pixels, masks = np.zeros((*SHAPE, 3), dtype=np.uint8), []
        for x, y, label in boxes:
            mask = np.zeros(SHAPE, dtype=bool)
            mask[y : y + 20, x : x + 20] = True
            pixels[mask, 0 if label == "cat" else 2] = 255
            masks.append(to_text(encode(mask)))
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append({"image": f"{number}.png", "class_id": [label for *_, label in boxes], "rle_mask": masks})
    return pd.DataFrame(rows)


def recipe(model: str, table: pd.DataFrame, **changes: Any) -> Recipe[Any]:
    schema = PROBLEM_TYPE.model_type(model).settings
    settings = schema.from_mapping(COLUMNS | {key.replace("__", "."): value for key, value in changes.items()})
    kind = recipe_class(PROBLEM_TYPE, model)
    return kind(settings, kind.target_of(settings, table), PROBLEM_TYPE.metrics)


def batch(one: Recipe[Any], table: pd.DataFrame, root: Path, *, training: bool) -> Any:
    samples = one.samples(table, Media(root), training=training)
    return one.collate([samples[SampleIndex(row, 7 + row if training else None)] for row in range(len(table))])


@pytest.mark.parametrize("strategy", ["Soft", "Medium", "Hard"])
@pytest.mark.parametrize("model", [UNET, MASK_RCNN])
def test_objects_move_with_the_pixels_of_their_image(
    model: str, strategy: str, table: pd.DataFrame, tmp_path: Path
) -> None:
    found = batch(recipe(model, table, augmentation__augmentations_strategy=strategy), table, tmp_path, training=True)

    bright = torch.stack([found.images[:, 0] > 127, found.images[:, 2] > 127], dim=1)
    if model == UNET:
        classes = found.targets[:, 1:] > 0
    else:
        classes = torch.zeros_like(bright)
        for place, (one, labels) in enumerate(zip(found.masks, found.classes, strict=True)):
            for k, mask in zip(labels.tolist(), one.of(torch.arange(len(labels))), strict=True):
                classes[place, k] |= mask > 0
    # Holes cut into images stay in masks, and borders are interpolated in images alone.
    assert float((bright == classes).float().mean()) > {"Soft": 0.98, "Medium": 0.9, "Hard": 0.9}[strategy]


def test_boxes_are_those_around_the_masks(table: pd.DataFrame, tmp_path: Path) -> None:
    found = batch(recipe(MASK_RCNN, table, augmentation__augmentations_strategy="Hard"), table, tmp_path, training=True)

    for boxes, masks in zip(found.corners, found.masks, strict=True):
        for box, mask in zip(boxes.tolist(), masks.of(torch.arange(len(boxes))), strict=True):
            rows, columns = mask.nonzero(as_tuple=True)
            assert box == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_touching_objects_have_a_border_between_them(table: pd.DataFrame, tmp_path: Path) -> None:
    border = batch(recipe(UNET, table), table, tmp_path, training=False).targets[0, 0]

    x = round(30 * 96 / 120)
    assert border[16, x - 1] == border[16, x] == 1
    assert border[16, x - 6] == 0


@pytest.mark.parametrize("mixing", ["Mixup", "Cutmix"])
def test_mixtures_show_the_objects_of_both_images(mixing: str, table: pd.DataFrame, tmp_path: Path) -> None:
    torch.manual_seed(3)
    one = recipe(MASK_RCNN, table, augmentation__mix_image=mixing)
    plain = batch(one, table, tmp_path, training=True)

    mixed = one.mix(plain)

    for place in range(len(table)):
        layers: Layers = mixed.target(place)
        shown = np.zeros(mixed.images.shape[2:], dtype=bool)
        for runs in layers_as_runs(layers):
            shown |= decode(runs, *shown.shape)
        bright = mixed.images[place].amax(0).numpy() > 0
        assert (shown == bright).mean() > 0.97
    counts = [len(boxes) for boxes in mixed.corners]
    assert max(counts) > 3 if mixing == "Mixup" else min(counts) >= 1
    assert torch.isfinite(one.loss(one.model(None).train(), mixed))


@pytest.mark.parametrize("loss", ["BCE", "BCELovasz", "CrossEntropy", "Dice", "Focal", "FocalDice", "Jaccard"])
def test_every_loss_learns_borders_and_classes(loss: str, table: pd.DataFrame, tmp_path: Path) -> None:
    one = recipe(UNET, table, training__loss_function=loss)
    found = batch(one, table, tmp_path, training=True)
    torch.manual_seed(0)
    model = one.model(None).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

    losses = []
    for _ in range(8):
        value = one.loss(model, found)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(value.item())

    assert losses[-1] < losses[0]


def scored(one: Recipe[Any], table: pd.DataFrame) -> ScoredTable:
    """True instances as predictions of rising confidence, and a false positive between."""
    raws = []
    for texts in table["rle_mask"]:
        runs = [np.array(text.split(), dtype=np.int64).reshape(-1, 2) for text in texts]
        false = encode(np.pad(np.ones((6, 6), dtype=bool), ((60, SHAPE[0] - 66), (2, SHAPE[1] - 8))))
        scores = np.array([0.4, 0.7, 0.9, 0.6])
        raws.append(InstanceSet(SHAPE, np.array([0, 0, 1, 1]), [*runs, false], scores))
    task: Any = one.task  # type: ignore[attr-defined]
    return ScoredTable(table, tuple(task.limited(raw) for raw in raws), None)


def test_the_confidence_decides_on_the_table_and_not_on_the_metric(table: pd.DataFrame) -> None:
    low, high = (recipe(UNET, table, prediction__confidence_threshold=one) for one in (0.3, 0.65))

    assert [len(cell) for cell in low.columns(scored(low, table))["rle_mask"]] == [4] * 4
    columns = high.columns(scored(high, table))
    assert [list(cell) for cell in columns["class_id"]] == [["dog", "cat"]] * 4
    assert [list(cell) for cell in columns["confidence"]] == [[0.9, 0.7]] * 4
    assert low.metrics(scored(low, table)) == high.metrics(scored(high, table))
    assert low.metrics(scored(low, table))["mAP"] == pytest.approx(1.0)


def test_the_limit_keeps_the_surest(table: pd.DataFrame) -> None:
    one = recipe(UNET, table, prediction__max_det_per_image=1)

    assert [raw["scores"].tolist() for raw in scored(one, table).raw] == [[0.9]] * 4


def test_matches_are_counted_by_size(table: pd.DataFrame) -> None:
    one = recipe(UNET, table, prediction__confidence_threshold=0.5)

    panels = {insight.title: insight.payload for insight in one.insights(scored(one, table), "validation")}

    table_of: Any = panels["Matches by size and IoU"]
    small = dict(zip(table_of.columns, table_of.rows[0], strict=True))
    assert small["True instances"] == 12
    assert small["True positives"] == small["IoU above 0.9"] == 8
    assert small["False negatives"] == 4
    assert small["False positives"] == 4


def test_pseudo_labels_are_the_sure_instances(table: pd.DataFrame) -> None:
    one = recipe(UNET, table, prediction__confidence_threshold=0.65)

    labelled = one.pseudo_labels(scored(one, table))

    assert [list(cell) for cell in labelled["class_id"]] == [["dog", "cat"]] * 4
    assert set(labelled.columns) == {"image", "class_id", "rle_mask"}


def test_an_object_across_tiles_is_one(tmp_path: Path) -> None:
    """A model that knows the answer: a bar through the whole image is found once, whatever the tiles."""
    mask = np.zeros((64, 300), dtype=bool)
    mask[20:40, 5:290] = True
    pixels = np.repeat(255 * mask[:, :, None].astype(np.uint8), 3, axis=2)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    table = pd.DataFrame([{"image": "a.png", "class_id": ["cat"], "rle_mask": [to_text(encode(mask))]}])
    one = recipe(UNET, table, image__tiling="Automatic", image__image_width=96, image__image_height=64)

    class Knows(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            bright = images[:, :1].float() / 127.5 - 1
            return torch.cat([torch.full_like(bright, -9), 9 * bright], dim=1)

    (raw,) = one.score(Knows(), batch(one, table, tmp_path, training=False)).raw

    found = InstanceSet.of_raw(raw)
    assert len(found.runs) == 1
    assert (decode(found.runs[0], *mask.shape) == mask).all()
