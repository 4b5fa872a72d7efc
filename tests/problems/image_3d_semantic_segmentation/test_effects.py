"""Settings that change what masks of volumes are learned or predicted: network, losses, augmentation, tiles, views."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text
from studio.modeling.recipe import Media, SampleIndex
from studio.modeling.volumes.masked_volume_input import MaskedVolumeBatch
from studio.modeling.volumes.masked_volume_samples import FOREGROUND_SHARE
from studio.problems.image_3d_semantic_segmentation.recipe import Image3dSemanticSegmentationRecipe
from studio.problems.image_3d_semantic_segmentation.spec import PROBLEM_TYPE
from studio.settings.choices import ChoiceContext

SETTINGS = PROBLEM_TYPE.model_types[0].settings
SIDES = (16, 24, 20)
BASE: dict[str, Any] = {
    "dataset.image_column": "image",
    "dataset.class_name_column": "class_id",
    "dataset.rle_mask_column": "rle_mask",
    "architecture.encoder": "test_resnet",
    "architecture.pretrained": False,
    "architecture.number_of_blocks": 2,
    "image.image_depth": SIDES[0],
    "image.image_height": SIDES[1],
    "image.image_width": SIDES[2],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("volumes")


@pytest.fixture(scope="module")
def table(folder: Path) -> pd.DataFrame:
    """Three volumes: cats are bright slices in front, dogs a brighter corner."""
    rows = []
    for number in range(3):
        shape = (20 + number, 30, 26)
        masks = {"cat": np.zeros(shape, bool), "dog": np.zeros(shape, bool)}
        masks["cat"][: 6 + number], masks["dog"][10:, 15:, :12] = True, True
        volume = np.zeros(shape, dtype=np.uint8)
        volume[masks["cat"]], volume[masks["dog"]] = 150, 250
        np.save(folder / f"{number}.npy", volume)
        texts = [to_text(encode(mask)) for mask in masks.values()]
        rows.append({"image": f"{number}.npy", "class_id": list(masks), "rle_mask": texts})
    return pd.DataFrame(rows)


def recipe(table: pd.DataFrame, changes: dict[str, Any] | None = None) -> Image3dSemanticSegmentationRecipe:
    settings = SETTINGS.from_mapping(BASE | (changes or {}))
    target = Image3dSemanticSegmentationRecipe.target_of(settings, table)
    return Image3dSemanticSegmentationRecipe(settings, target, PROBLEM_TYPE.metrics)


def batch(
    one: Image3dSemanticSegmentationRecipe, table: pd.DataFrame, root: Path, *, training: bool
) -> MaskedVolumeBatch:
    samples = one.samples(table, Media(root), training=training)
    found = one.collate([samples[SampleIndex(row, 7 + row if training else None)] for row in range(len(table))])
    assert isinstance(found, MaskedVolumeBatch)
    return found


class Brightness(torch.nn.Module):
    """Says what the brightness of a voxel is, and how many volumes it was shown at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[int] = []

    def forward(self, volumes: torch.Tensor, ranges: torch.Tensor) -> torch.Tensor:
        self.shown.append(len(volumes))
        values = volumes[:, 0].float()
        return torch.stack([(values > 100) & (values < 200), values > 200], dim=1).float() * 20 - 10


def agreement(found: MaskedVolumeBatch) -> float:
    """The share of voxels whose mask says what their brightness says."""
    assert found.targets is not None
    return float(((Brightness()(found.volumes, found.ranges) > 0) == (found.targets > 0.5)).float().mean())


def outcome(table: pd.DataFrame, root: Path, changes: dict[str, Any]) -> tuple[float, ...]:
    """What a batch, the network in training and its answers come to by these settings."""
    torch.manual_seed(0)
    one = recipe(table, changes)
    model = one.model(None).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            # Residual branches begin at 0, where it does not matter whether they are skipped.
            torch.nn.init.ones_(module.weight)
    with torch.no_grad():
        answers = one.score(model, batch(one, table, root, training=False))
        model.train()
        loss = float(one.loss(model, one.mix(batch(one, table, root, training=True))))
    raw = answers.raw[0]
    assert answers.losses is not None
    return (*raw["mean_probabilities"].tolist(), float(raw["runs"].sum()), *answers.losses.tolist(), loss)


CHANGES: dict[str, Any] = {
    "image.image_depth": 8,
    "image.image_normalization": "Min_Max",
    "image.clip_intensities": True,
    "image.tiling": "Automatic",
    "augmentation.augmentations_strategy": "Medium",
    "augmentation.mix_image": "Mixup",
    "architecture.encoder": "resnet10t",
    "architecture.decoder": "FPN",
    "architecture.number_of_blocks": 3,
    "architecture.drop_rate": 0.5,
    "architecture.drop_path_rate": 0.9,
    "training.loss_function": "Focal",
    "training.bce_weight": 9.0,
    "training.dice_weight": 9.0,
    "prediction.probability_threshold": 0.2,
    "prediction.test_time_augmentations": ["Depth flip", "Vertical flip", "Horizontal flip"],
}


@pytest.fixture(scope="module")
def plain(table: pd.DataFrame, folder: Path) -> tuple[float, ...]:
    return outcome(table, folder, {})


@pytest.mark.parametrize("key", CHANGES)
def test_every_setting_has_an_effect(key: str, table: pd.DataFrame, folder: Path, plain: tuple[float, ...]) -> None:
    also = {"image.clip_highest": 100.0} if key == "image.clip_intensities" else {}
    also |= (
        {"architecture.encoder": "resnet18d", "architecture.number_of_blocks": 4}
        if key == "architecture.drop_path_rate"
        else {}
    )
    base = outcome(table, folder, also) if also else plain

    assert outcome(table, folder, also | {key: CHANGES[key]}) != base


@pytest.mark.parametrize(
    ("loss", "weight"),
    [("BCEDice", "bce"), ("FocalDice", "focal"), ("FocalDice", "dice"), ("BCELovasz", "bce"), ("BCELovasz", "lovasz")],
)
def test_weights_of_a_loss_decide_which_part_counts(loss: str, weight: str, table: pd.DataFrame, folder: Path) -> None:
    chosen = {"training.loss_function": loss}
    losses = []
    for value in (0.0, 1.0, 100.0):
        one = recipe(table, chosen | {f"training.{weight}_weight": value})
        found = batch(one, table, folder, training=False)
        assert found.targets is not None
        logits = torch.randn(found.targets.shape, generator=torch.Generator().manual_seed(1))
        losses.append(float(one.task.loss_function(logits, found.targets)))

    assert losses == sorted(losses) or losses == sorted(losses, reverse=True)
    assert len({round(one, 4) for one in losses}) == 3


@pytest.mark.parametrize("strategy", ["Soft", "Medium", "Hard"])
def test_masks_move_with_the_voxels_of_their_volume(strategy: str, table: pd.DataFrame, folder: Path) -> None:
    found = batch(recipe(table, {"augmentation.augmentations_strategy": strategy}), table, folder, training=True)

    # Holes cut into volumes stay in masks, borders are interpolated in volumes alone, and Hard changes brightness.
    assert agreement(found) > {"Soft": 0.93, "Medium": 0.85, "Hard": 0.6}[strategy]
    assert found.targets is not None
    assert set(found.targets.unique().tolist()) <= {0, 1}


@pytest.mark.parametrize(("rule", "is_mixed"), [("Ratio", True), ("Union", True), ("Keep", False)])
def test_mixup_mixes_masks_as_the_settings_say(rule: str, is_mixed: bool, table: pd.DataFrame, folder: Path) -> None:
    torch.manual_seed(3)
    one = recipe(table, {"augmentation.mix_image": "Mixup", "augmentation.mix_target": rule})
    before = batch(one, table, folder, training=True)

    mixed = one.mix(before)

    assert isinstance(mixed, MaskedVolumeBatch)
    assert mixed.targets is not None
    assert before.targets is not None
    assert not torch.equal(mixed.volumes, before.volumes)
    assert torch.equal(mixed.targets.float(), before.targets.float()) != is_mixed
    assert torch.isfinite(one.loss(one.model(None), mixed))


def test_views_at_test_time_are_turned_back_before_they_are_averaged(table: pd.DataFrame, folder: Path) -> None:
    """A network that says what the brightness of a voxel is says the same in every view."""
    views = {"prediction.test_time_augmentations": ["Depth flip", "Vertical flip", "Horizontal flip"]}
    one, turned = recipe(table), recipe(table, views)
    found = batch(one, table, folder, training=False)

    once, often = one.score(Brightness(), found), turned.score(Brightness(), found)

    for single, averaged in zip(once.raw, often.raw, strict=True):
        assert single["runs"].tolist() == averaged["runs"].tolist()
    assert once.losses == pytest.approx(often.losses, abs=1e-6)


TURNED = "- Transpose: {p: 1.0}\n- HorizontalFlip: {p: 1.0}"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"image.tiling": "Automatic", "image.image_depth": 8, "image.image_height": 16, "image.image_width": 12},
        {
            "augmentation.augmentations_strategy": "Custom",
            "augmentation.custom_inference_augmentations": TURNED,
            "image.image_height": 30,
            "image.image_width": 30,
            "image.image_depth": 24,
        },
    ],
    ids=["resampled", "tiles", "custom"],
)
def test_predicted_masks_lie_in_the_voxels_of_the_file_whatever_was_done_before(
    changes: dict[str, Any], table: pd.DataFrame, folder: Path
) -> None:
    one, model = recipe(table, changes | {"training.batch_size": 2}), Brightness()

    scored = one.score(model, batch(one, table, folder, training=False))

    ious = []
    for raw, row in zip(scored.raw, table.to_dict("records"), strict=True):
        shape = tuple(raw["size"].tolist())
        assert shape == np.load(folder / row["image"]).shape
        sums = one.task.accumulator(table)
        assert sums is not None
        sums.add([0], [raw])
        ious.append(sums.metrics()["IoU"])
    # Nothing is resampled in tiles, so nothing is lost.
    assert min(ious) > (0.999 if "image.tiling" in changes else 0.8)
    assert max(model.shown) <= 2 or "image.tiling" not in changes
    assert scored.losses is not None
    assert scored.losses.shape == (3,)


def test_training_with_tiles_learns_from_patches_and_many_of_them_hold_a_class(tmp_path: Path) -> None:
    shape = (16, 60, 60)
    mask = np.zeros(shape, dtype=bool)
    mask[3:6, 50:54, 7:11] = True
    np.save(tmp_path / "0.npy", mask.astype(np.uint8) * 250)
    table = pd.DataFrame({"image": ["0.npy"], "class_id": [["dog"]], "rle_mask": [[to_text(encode(mask))]]})
    one = recipe(table, {"image.tiling": "Automatic", "augmentation.augmentations_strategy": "Soft"})
    samples = one.samples(table, Media(tmp_path), training=True)

    again = samples[SampleIndex(0, 5)], samples[SampleIndex(0, 5)]
    items = [samples[SampleIndex(0, seed)] for seed in np.random.default_rng(0).integers(1 << 40, size=300).tolist()]

    assert np.array_equal(again[0].volumes_TDHWC, again[1].volumes_TDHWC)
    assert {item.volumes_TDHWC.shape for item in items} == {(1, *SIDES, 1)}
    for item in items:
        assert np.array_equal(item.volumes_TDHWC[0, ..., 0] > 0, item.masks_TKDHW[0, 0] > 0)
    held = np.mean([item.masks_TKDHW.any() for item in items])
    # A patch anywhere holds it one time in fourteen.
    assert held > 0.9 * FOREGROUND_SHARE


def test_min_max_takes_the_range_of_the_whole_volume_in_every_tile(tmp_path: Path) -> None:
    volume = np.zeros((16, 24, 80), dtype=np.float32)
    volume[..., 40:] = np.linspace(-500, 1500, 40)
    np.save(tmp_path / "0.npy", volume)
    table = pd.DataFrame({"image": ["0.npy"], "class_id": [["dog"]], "rle_mask": [["1 4"]]})
    one = recipe(table, {"image.tiling": "Automatic", "image.image_normalization": "Min_Max"})
    found = batch(one, table, tmp_path, training=False)

    normalized = one.model(None).normalization(found.volumes, found.ranges)

    assert found.tiles == [len(found.volumes)]
    assert normalized[0].unique().tolist() == pytest.approx([0.25], abs=1e-6)
    assert float(normalized.max()) == pytest.approx(1, abs=1e-5)


def test_a_row_without_masks_is_scored_and_none_is_needed(table: pd.DataFrame, folder: Path) -> None:
    one = recipe(table)
    model = one.model(None).eval()
    empty = table.assign(class_id=[[], None, ["owl"]], rle_mask=[[], None, ["1 4"]])

    with torch.inference_mode():
        scored = one.score(model, batch(one, empty, folder, training=False))
        bare = one.score(model, batch(one, table[["image"]], folder, training=False))

    assert scored.losses is not None
    assert np.isfinite(scored.losses).all()
    assert bare.losses is None
    assert "confusion" not in bare.raw[0]


def test_predicted_lists_are_run_lengths_with_depth_running_fastest(table: pd.DataFrame) -> None:
    one = recipe(table)
    probabilities = torch.zeros(2, 4, 5, 6)
    probabilities[1, 2, 3, 1] = 0.9
    scored = one.task.raw(probabilities, None)

    assert scored["runs"].tolist() == [[1 * 20 + 3 * 4 + 2 + 1, 1]]
    assert decode(from_text("35 1"), 4, 5, 6)[2, 3, 1]


def test_tiles_and_custom_pipelines_do_not_go_together() -> None:
    both = {"image.tiling": "Automatic", "augmentation.augmentations_strategy": "Custom"}

    found = {one.path for one in SETTINGS.from_mapping(both).contradictions(ChoiceContext())}

    assert "image.tiling" in found
