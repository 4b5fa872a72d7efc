"""Settings that change what masks are learned or predicted: augmentation, mixing, views, threshold."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from studio.datasets.masks.run_lengths import encode, to_text
from studio.modeling.images.masked_image_input import MaskedImageBatch
from studio.modeling.recipe import Media, SampleIndex
from studio.problems.image_semantic_segmentation.recipe import ImageSemanticSegmentationRecipe
from studio.problems.image_semantic_segmentation.spec import PROBLEM_TYPE

SETTINGS = PROBLEM_TYPE.model_types[0].settings
COLUMNS = {
    "dataset.image_column": "image",
    "dataset.class_name_column": "class_id",
    "dataset.rle_mask_column": "rle_mask",
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 64,
    "image.image_height": 48,
}
TRANSPOSED = "- Transpose: {p: 1.0}"


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    """Four pictures whose masks are where they are bright: red cats on the left, blue dogs below."""
    rows = []
    for number in range(4):
        height, width = 90 + number, 120
        masks = {"cat": np.zeros((height, width), bool), "dog": np.zeros((height, width), bool)}
        masks["cat"][:, : 20 + 10 * number], masks["dog"][60:] = True, True
        pixels = np.zeros((height, width, 3), dtype=np.uint8)
        pixels[masks["cat"], 0], pixels[masks["dog"], 2] = 255, 255
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        texts = [to_text(encode(mask)) for mask in masks.values()]
        rows.append({"image": f"{number}.png", "class_id": list(masks), "rle_mask": texts})
    return pd.DataFrame(rows)


def recipe(table: pd.DataFrame, **changes: Any) -> ImageSemanticSegmentationRecipe:
    settings = SETTINGS.from_mapping(COLUMNS | {key.replace("__", "."): value for key, value in changes.items()})
    target = ImageSemanticSegmentationRecipe.target_of(settings, table)
    return ImageSemanticSegmentationRecipe(settings, target, PROBLEM_TYPE.metrics)


def batch(one: ImageSemanticSegmentationRecipe, table: pd.DataFrame, root: Path, *, training: bool) -> MaskedImageBatch:
    samples = one.samples(table, Media(root), training=training)
    return one.collate([samples[SampleIndex(row, 7 + row if training else None)] for row in range(len(table))])


def agreement(found: MaskedImageBatch) -> float:
    """The share of pixels whose mask says what their colour says."""
    assert found.targets is not None
    bright = torch.stack([found.images[:, 0] > 127, found.images[:, 2] > 127], dim=1)
    return float((bright == (found.targets > 0.5)).float().mean())


@pytest.mark.parametrize("strategy", ["Soft", "Medium", "Hard"])
def test_masks_move_with_the_pixels_of_their_image(strategy: str, table: pd.DataFrame, tmp_path: Path) -> None:
    found = batch(recipe(table, augmentation__augmentations_strategy=strategy), table, tmp_path, training=True)

    # Holes cut into images stay in masks, and borders are interpolated in images alone.
    assert agreement(found) > {"Soft": 0.98, "Medium": 0.9, "Hard": 0.9}[strategy]
    assert found.targets is not None
    assert set(found.targets.unique().tolist()) <= {0, 1}


def test_cutmix_cuts_masks_as_it_cuts_pixels(table: pd.DataFrame, tmp_path: Path) -> None:
    torch.manual_seed(3)
    one = recipe(table, augmentation__mix_image="Cutmix")
    plain = batch(one, table, tmp_path, training=True)

    mixed = one.mix(plain)

    assert not torch.equal(mixed.images, plain.images)
    assert agreement(mixed) > 0.98


@pytest.mark.parametrize(("rule", "highest"), [("Ratio", None), ("Union", 1.0), ("Keep", 1.0)])
def test_mixup_learns_what_the_settings_say_is_true(
    rule: str, highest: float | None, table: pd.DataFrame, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    one = recipe(table, augmentation__mix_image="Mixup", augmentation__mix_target=rule)
    plain = batch(one, table, tmp_path, training=True)

    mixed = one.mix(plain)

    assert mixed.targets is not None
    assert plain.targets is not None
    shares = mixed.targets.unique().tolist()
    assert len(shares) > 2 if highest is None else set(shares) <= {0, 1}
    assert (rule == "Keep") == torch.equal(mixed.targets.float(), plain.targets.float())
    assert torch.isfinite(one.loss(one.model(None), mixed))


def test_views_at_test_time_are_turned_back_before_they_are_averaged(table: pd.DataFrame, tmp_path: Path) -> None:
    """A network that says what the colour of a pixel is says the same in every view."""

    class Colours(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images[:, [0, 2]].float() / 255 * 20 - 10

    views = ["Horizontal flip", "Vertical flip"]
    plain, turned = recipe(table), recipe(table, prediction__test_time_augmentations=views)
    found = batch(plain, table, tmp_path, training=False)

    once, often = plain.score(Colours(), found), turned.score(Colours(), found)

    for one, other in zip(once.raw, often.raw, strict=True):
        assert one["runs"].tolist() == other["runs"].tolist()
    assert once.losses == pytest.approx(often.losses, abs=1e-6)


def test_predicted_masks_lie_in_the_pixels_of_the_file_whatever_was_done_before(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    """Also behind a pipeline of the user's own, which turns images before the network sees them."""

    class Colours(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images[:, [0, 2]].float() / 255 * 20 - 10

    turned = {
        "augmentation__augmentations_strategy": "Custom",
        "augmentation__custom_inference_augmentations": TRANSPOSED,
    }
    for changes in ({}, turned):
        one = recipe(table, **changes)
        scored = one.score(Colours(), batch(one, table, tmp_path, training=False))
        ious = []
        for raw, row in zip(scored.raw, table.to_dict("records"), strict=True):
            shape = tuple(raw["size"].tolist())
            with Image.open(tmp_path / row["image"]) as picture:
                assert shape == picture.size[::-1]
            sums = one.task.accumulator(table)
            assert sums is not None
            sums.add([0], [raw])
            ious.append(sums.metrics()["IoU"])
        assert min(ious) > 0.9


class Colours(torch.nn.Module):
    """Says what the colour of a pixel is, and how many images it was shown at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.shown.append(len(images))
        return images[:, [0, 2]].float() / 255 * 20 - 10


def test_tiles_keep_details_that_resizing_loses(tmp_path: Path) -> None:
    """Stripes of two pixels in images twice as large as the input, with a small one among them."""
    rows = []
    for number, (height, width) in enumerate([(97, 130), (200, 64), (40, 50)]):
        mask = np.zeros((height, width), dtype=bool)
        mask[:, np.arange(width) % 4 < 2] = True
        pixels = np.zeros((height, width, 3), dtype=np.uint8)
        pixels[mask, 0] = 255
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append({"image": f"{number}.png", "class_id": ["cat", "dog"], "rle_mask": [to_text(encode(mask)), "1 1"]})
    table = pd.DataFrame(rows)
    ious, model = {}, Colours()

    for tiling in ("Off", "Automatic"):
        one = recipe(table, image__tiling=tiling, training__batch_size=4)
        found = batch(one, table, tmp_path, training=False)
        scored = one.score(model, found)
        sums = one.task.accumulator(table)
        assert sums is not None
        sums.add(range(3), scored.raw)
        ious[tiling] = sums.at_threshold().iou[0]
        assert scored.losses is not None
        assert scored.losses.shape == (3,)
        assert [raw["size"].tolist() for raw in scored.raw] == [[97, 130], [200, 64], [40, 50]]

    assert ious["Off"] < 0.85
    assert ious["Automatic"] > 0.95
    assert max(model.shown) <= 4


def test_training_with_tiles_learns_from_crops_at_the_size_of_the_input(table: pd.DataFrame, tmp_path: Path) -> None:
    one = recipe(table, image__tiling="Automatic")
    samples = one.samples(table, Media(tmp_path), training=True)

    first, again, other = (samples[SampleIndex(0, seed)] for seed in (5, 5, 6))
    found = one.collate([first, other])

    assert found.images.shape == (2, 3, 48, 64)
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)
    assert agreement(found) > 0.98
    assert torch.isfinite(one.loss(one.model(None), found))


@pytest.mark.parametrize(("threshold", "pixels"), [(0.0, 64 * 48), (0.4, 64 * 48), (0.6, 0), (1.0, 0)])
def test_the_threshold_decides_over_pixels(threshold: float, pixels: int, table: pd.DataFrame, tmp_path: Path) -> None:
    one = recipe(table, prediction__probability_threshold=threshold)

    raw = one.task.raw(torch.full((2, 48, 64), 0.5), None)

    assert int(raw["runs"][:, 1].sum()) == 2 * pixels


@pytest.mark.parametrize("name", ["BCEDice", "CrossEntropy"])
def test_a_row_without_masks_is_scored(name: str, table: pd.DataFrame, tmp_path: Path) -> None:
    one = recipe(table, training__loss_function=name)
    empty = table.assign(class_id=[[], None, ["owl"], ["cat"]], rle_mask=[[], None, ["1 4"], [""]])

    with torch.inference_mode():
        scored = one.score(one.model(None).eval(), batch(one, empty, tmp_path, training=False))

    assert scored.losses is not None
    assert np.isfinite(scored.losses).all()
    assert len(scored.raw) == 4
