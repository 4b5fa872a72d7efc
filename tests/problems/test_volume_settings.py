"""What the 3D image types declare: the settings of the product's reference, their defaults, and what each changes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.datasets.media.volume_part import VolumePart
from studio.datasets.profile import DatasetProfile
from studio.modeling.recipe import Media, SampleIndex, Target
from studio.problems.contract import SuggestionContext
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_types
from studio.results.prediction import ROW
from studio.settings.choices import ChoiceContext, Column

SHARED = {
    "dataset.image_column": "",
    "dataset.data_folder": ".",
    "image.image_width": 128,
    "image.image_height": 128,
    "image.image_depth": 128,
    "image.image_channels": 1,
    "image.image_normalization": "Simple",
    "augmentation.augmentations_strategy": "Soft",
    "augmentation.mix_image": "Disabled",
    "augmentation.mix_probability": 1.0,
    "augmentation.mix_concentration": 1.0,
    "augmentation.mix_iterations": 1,
    "augmentation.mix_target": "Ratio",
    "architecture.pretrained": True,
    "architecture.encoder": "resnet18d",
    "image.clip_intensities": False,
    "training.batch_size": 4,
    "training.epochs": 10,
    "training.learning_rate": 1e-3,
    "training.differential_learning_rate_layers": [],
    "prediction.test_time_augmentations": [],
    "logging.number_of_images": 8,
}
LABELED: dict[str, Any] = {
    "dataset.label_columns": [],
    "dataset.unlabeled_dataframe": None,
    "architecture.pool": "Average",
    "architecture.dropout": 0.0,
}
OWN: dict[str, dict[str, Any]] = {
    "image_3d_classification": {
        **LABELED,
        "training.loss_function": "Automatic",
        "prediction.metric": "ROC_AUC",
        "prediction.probability_threshold": 0.5,
    },
    "image_3d_regression": {**LABELED, "training.loss_function": "MAE", "prediction.metric": "MAE"},
    "image_3d_semantic_segmentation": {
        "dataset.class_name_column": "",
        "dataset.rle_mask_column": "",
        "image.tiling": "Off",
        "image.voxel_spacing": "As stored",
        "augmentation.custom_train_augmentations": "",
        "augmentation.custom_inference_augmentations": "",
        "architecture.decoder": "Unet",
        "architecture.number_of_blocks": 5,
        "architecture.drop_rate": 0.0,
        "architecture.drop_path_rate": 0.0,
        "training.loss_function": "BCEDice",
        "training.bce_weight": 1.0,
        "training.dice_weight": 1.0,
        "training.focal_weight": 1.0,
        "training.lovasz_weight": 1.0,
        "prediction.metric": "IoU",
        "prediction.probability_threshold": 0.5,
    },
}
SHOWN: dict[str, dict[str, Any]] = {
    "training.bce_weight": {"training.loss_function": "BCEDice"},
    "training.dice_weight": {"training.loss_function": "FocalDice"},
    "training.focal_weight": {"training.loss_function": "FocalDice"},
    "training.lovasz_weight": {"training.loss_function": "BCELovasz"},
    "augmentation.custom_train_augmentations": {"augmentation.augmentations_strategy": "Custom"},
    "augmentation.mix_target": {"augmentation.mix_image": "Mixup"},
    "image.clip_lowest": {"image.clip_intensities": True},
}
"""Values under which a setting is shown, and without which it is not."""
CHOICES = {
    "image.image_normalization": ("No", "Simple", "Min_Max"),
    "augmentation.augmentations_strategy": ("Soft", "Medium", "Hard"),
    "augmentation.mix_image": ("Mixup", "Disabled"),
}
NOT_FOR_VOLUMES = ("augmentation.custom_train_augmentations", "augmentation.cutmix_corner", "architecture.backbone",
                   "environment.memory_layout")  # fmt: skip


@pytest.mark.parametrize("kind", OWN)
def test_settings_and_defaults_are_those_of_the_reference(kind: str) -> None:
    settings = problem_types()[kind].model_types[0].settings
    flat = settings().flat()
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in flat.items()}

    assert {key: plain.get(key, "missing") for key in SHARED | OWN[kind]} == SHARED | OWN[kind]
    assert [key for key in NOT_FOR_VOLUMES if key in plain and key not in OWN[kind]] == []
    for key in (key for key in SHOWN if key in plain):
        assert key in settings.from_mapping(SHOWN[key]).visible()
        assert key not in settings.from_mapping({"training.loss_function": "Dice"} if "weight" in key else {}).visible()
    for key, values in CHOICES.items():
        for value in values:
            settings.from_mapping({key: value})
        assert settings.parse({key: "Cutmix"})[1]


BASE: dict[str, Any] = {
    "dataset.image_column": "image",
    "dataset.label_columns": ["label"],
    "image.image_width": 40,
    "image.image_height": 40,
    "image.image_depth": 8,
    "architecture.encoder": "test_resnet",
    "architecture.pretrained": False,
}
CHANGES: dict[str, Any] = {
    "image.image_width": 24,
    "image.image_height": 24,
    "image.image_depth": 16,
    "image.image_channels": 3,
    "image.image_normalization": "Min_Max",
    "image.clip_intensities": True,
    "augmentation.augmentations_strategy": "Hard",
    "augmentation.mix_image": "Mixup",
    "architecture.encoder": "resnet10t",
    "architecture.pool": "Max",
    "architecture.dropout": 0.5,
    "training.loss_function": "MSE",
    "prediction.test_time_augmentations": ["Depth flip", "Vertical flip", "Horizontal flip"],
}


def outcome(changes: dict[str, Any], folder: Path) -> tuple[float, ...]:
    """What a batch, the network in training and its answers come to by these settings."""
    torch.manual_seed(0)
    kind = problem_types()["image_3d_regression"]
    settings = kind.model_types[0].settings.from_mapping({**BASE, **changes})
    recipe = recipe_class(kind)(settings, Target("regression", ("label",), {"mean_0": 0.0, "deviation_0": 1.0}))
    table = pd.DataFrame({"image": ["0.npy", "1.npy"], "label": [-1.0, 2.0], ROW: [1, 2]})
    samples = recipe.samples(table, Media(folder), training=True)
    batch = recipe.collate([samples[SampleIndex(row, seed=row + 5)] for row in range(2)])
    model = recipe.model(None).eval()
    with torch.no_grad():
        answers = recipe.score(model, batch)
        model.train()
        loss = float(recipe.loss(model, recipe.mix(batch)))
    (values,) = (np.concatenate([np.ravel(one) for raw in answers.raw for one in raw.values()]),)
    return (*map(float, values), loss)


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("volumes")
    for number in range(2):
        values = np.random.default_rng(number).integers(0, 200, (10, 20, 18), dtype=np.uint8)
        np.save(folder / f"{number}.npy", values)
    return folder


@pytest.mark.parametrize("key", CHANGES)
def test_every_setting_of_a_volume_has_an_effect(key: str, volumes: Path) -> None:
    assert outcome({}, volumes) == outcome({}, volumes)
    assert outcome({key: CHANGES[key]}, volumes) != outcome({}, volumes)


@pytest.mark.parametrize(("key", "value"), [("image.clip_lowest", 50.0), ("image.clip_highest", 100.0)])
def test_the_range_that_intensities_are_clipped_to_has_an_effect(key: str, value: float, volumes: Path) -> None:
    clipped = {"image.clip_intensities": True}

    assert outcome({**clipped, key: value}, volumes) != outcome(clipped, volumes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("augmentation.mix_probability", 0.0),
        ("augmentation.mix_concentration", 0.1),
        ("augmentation.mix_iterations", 3),
        ("augmentation.mix_target", "Keep"),
    ],
)
def test_every_setting_of_mixtures_has_an_effect(key: str, value: Any, volumes: Path) -> None:
    mixed = {"augmentation.mix_image": "Mixup"}

    assert outcome({**mixed, key: value}, volumes) != outcome(mixed, volumes)


def context(part: VolumePart, rows: int = 100, gpus: int = 0) -> SuggestionContext:
    shape = part.shapes[0]
    facts = dict(zip(("median_depth", "median_height", "median_width"), map(float, shape[:3]), strict=True))
    profile = DatasetProfile(facts=facts).with_parts(part)
    return replace(_context(profile, rows), gpu_count=gpus)


def _context(profile: DatasetProfile, rows: int) -> SuggestionContext:
    return SuggestionContext(profile=profile, train_rows=rows, gpu_count=0, cores=2)


def test_suggestions_fit_the_volumes() -> None:
    kind = problem_types()["image_3d_classification"]
    settings = kind.model_types[0].settings()
    part = VolumePart(shapes=((16, 200, 64, 9),), readable_channels=(2,), lowest=-1000, highest=3000)

    changes = {one.key: one.value for one in kind.suggest(settings, context(part))}

    assert (changes["image.image_depth"], changes["image.image_height"], changes["image.image_width"]) == (16, 64, 64)
    assert changes["image.image_channels"] == 2
    assert changes["image.image_normalization"] == "Min_Max"
    assert settings.from_mapping({**settings.flat(), **changes})


def test_channels_that_no_volume_has_and_encoders_without_3d_form_are_found() -> None:
    settings = (
        problem_types()["image_3d_regression"]
        .model_types[0]
        .settings.from_mapping(
            {"dataset.image_column": "image", "image.image_channels": 3, "architecture.encoder": "vit_tiny_patch16_224"}
        )
    )
    known = ChoiceContext(columns=(Column("image", "text"),), facts={"dataset.volume_channels": [2]})

    found = {one.path: one for one in settings.contradictions(known)}

    assert found["image.image_channels"].fix == "Use 2."
    assert found["architecture.encoder"].expected == "a resnet or efficientnet"
    assert found["dataset.label_columns"].code == "no_label"


def test_an_empty_range_of_intensities_is_found() -> None:
    for kind in OWN:
        settings = problem_types()[kind].model_types[0].settings
        empty = {"image.clip_intensities": True, "image.clip_lowest": 300.0}

        assert "image.clip_highest" in {
            one.path for one in settings.from_mapping(empty).contradictions(ChoiceContext())
        }
        assert "image.clip_highest" not in {one.path for one in settings().contradictions(ChoiceContext())}


@pytest.mark.parametrize("kind", OWN)
def test_extreme_values_of_a_few_voxels_are_clipped(kind: str) -> None:
    suggest, settings = problem_types()[kind].suggest, problem_types()[kind].model_types[0].settings()
    part = VolumePart(shapes=((16, 64, 64, 9),), median_shape=(16, 64, 64), lowest=-3000, highest=9000,
                      percentiles={"0.5": -900.0, "99.5": 1400.0})  # fmt: skip

    changes = {one.key: one for one in suggest(settings, context(part))}
    calm = {one.key for one in suggest(settings, context(part.model_copy(update={"lowest": -950, "highest": 1500})))}

    assert [changes[f"image.clip_{end}"].value for end in ("intensities", "lowest", "highest")] == [True, -900, 1400]
    assert "-3000 to 9000" in changes["image.clip_intensities"].reason
    assert "image.clip_intensities" not in calm


@pytest.mark.parametrize(
    ("shape", "spacing", "gpu_gib", "sides", "blocks", "tiling"),
    [
        ((16, 48, 48), (6.4, 2.2, 2.2), 0, (16, 48, 48), 3, "Off"),
        ((128, 512, 512), (2.5, 0.7, 0.7), 0, (24, 80, 80), 3, "Automatic"),
        ((128, 512, 512), (), 0, (64, 64, 64), 5, "Automatic"),
        ((128, 512, 512), (), 24, (128, 128, 128), 5, "Automatic"),
        ((100, 100, 100), (), 24, (96, 96, 96), 5, "Off"),
        ((128, 512, 512), (), 2, (96, 96, 96), 5, "Automatic"),
    ],
)
def test_what_the_network_sees_follows_shapes_spacing_and_memory(
    shape: tuple[int, ...], spacing: tuple[float, ...], gpu_gib: int, sides: tuple[int, ...], blocks: int, tiling: str
) -> None:
    kind = problem_types()["image_3d_semantic_segmentation"]
    settings = kind.model_types[0].settings()
    part = VolumePart(shapes=((*shape, 9),), median_shape=shape, median_spacing=spacing, are_bytes=True)  # type: ignore[arg-type]
    here = replace(context(part, gpus=int(gpu_gib > 0)), gpu_memory_bytes=gpu_gib << 30)

    suggested = kind.suggest(settings, here)

    assert all(one.reason for one in suggested)
    found = settings.from_mapping({**settings.flat(), **{one.key: one.value for one in suggested}})
    assert tuple(found.value(f"image.image_{side}") for side in ("depth", "height", "width")) == sides
    assert (found.value("architecture.number_of_blocks"), found.value("image.tiling")) == (blocks, tiling)
    assert all(side % 2**blocks == 0 for side in sides)
    assert 1 <= found.value("training.batch_size") <= 4


def test_one_spacing_is_suggested_where_those_of_the_scans_differ() -> None:
    kind = problem_types()["image_3d_semantic_segmentation"]
    settings = kind.model_types[0].settings()
    part = VolumePart(
        shapes=((128, 512, 512, 9),),
        median_shape=(128, 512, 512),
        median_spacing=(2.51234, 0.7, 0.7),
        spacing_range=((1.0, 5.0), (0.5, 0.9), (0.5, 0.9)),
    )
    alike = part.model_copy(update={"spacing_range": ((2.5, 2.6), (0.7, 0.7), (0.7, 0.7))})

    changes = {one.key: one for one in kind.suggest(settings, context(part))}

    steps = [changes[f"image.spacing_{axis}"].value for axis in ("depth", "height", "width")]
    assert (changes["image.voxel_spacing"].value, steps) == ("Common", [2.512, 0.7, 0.7])
    assert "1 to 5, 0.5 to 0.9, 0.5 to 0.9 mm" in changes["image.voxel_spacing"].reason
    assert "image.voxel_spacing" not in {one.key for one in kind.suggest(settings, context(alike))}
