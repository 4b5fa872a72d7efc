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
    "dataset.label_columns": [],
    "dataset.unlabeled_dataframe": None,
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
    "architecture.pool": "Average",
    "architecture.dropout": 0.0,
    "training.batch_size": 4,
    "training.epochs": 10,
    "training.learning_rate": 1e-3,
    "training.differential_learning_rate_layers": [],
    "prediction.test_time_augmentations": [],
    "logging.number_of_images": 8,
}
OWN: dict[str, dict[str, Any]] = {
    "image_3d_classification": {
        "training.loss_function": "Automatic",
        "prediction.metric": "ROC_AUC",
        "prediction.probability_threshold": 0.5,
    },
    "image_3d_regression": {"training.loss_function": "MAE", "prediction.metric": "MAE"},
}
CHOICES = {
    "image.image_normalization": ("No", "Simple", "Min_Max"),
    "augmentation.augmentations_strategy": ("Soft", "Medium", "Hard"),
    "augmentation.mix_image": ("Mixup", "Disabled"),
}
NOT_FOR_VOLUMES = ("augmentation.custom_train_augmentations", "augmentation.cutmix_corner", "architecture.backbone",
                   "environment.memory_layout", "training.run_interpretations")  # fmt: skip


@pytest.mark.parametrize("kind", OWN)
def test_settings_and_defaults_are_those_of_the_reference(kind: str) -> None:
    settings = problem_types()[kind].model_types[0].settings
    flat = settings().flat()
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in flat.items()}

    assert {key: plain.get(key, "missing") for key in SHARED | OWN[kind]} == SHARED | OWN[kind]
    assert [key for key in NOT_FOR_VOLUMES if key in plain] == []
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
