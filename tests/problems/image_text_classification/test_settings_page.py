"""What image and text classification declares: the settings of both its halves, and what each changes."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from studio.datasets.profile import DatasetProfile
from studio.modeling.recipe import Attributions, Media, SampleIndex, Target
from studio.problems.contract import SuggestionContext
from studio.problems.image_text_classification.recipe import ImageTextClassificationRecipe
from studio.problems.registry import problem_types
from studio.results.prediction import ROW
from studio.settings.choices import ChoiceContext, Column
from studio.settings.sections.text import MINILM

KIND = problem_types()["image_text_classification"]
SETTINGS = KIND.model_types[0].settings
OWN = {"backbone", "pretrained", "pool"}
BASE: dict[str, Any] = {
    "dataset.image_column": "image",
    "dataset.text_column": ["text"],
    "dataset.label_columns": ["label"],
    "image.image_width": 32,
    "image.image_height": 32,
    "tokenizer.max_length": 16,
    "architecture.image_backbone": "test_resnet",
    "architecture.image_pretrained": False,
    "architecture.text_backbone": "scratch/bert-mini",
    "architecture.text_pretrained": False,
}
CHANGES: dict[str, dict[str, Any]] = {
    "dataset.text_column": {"dataset.text_column": ["text", "more"]},
    "dataset.separator": {"dataset.text_column": ["text", "more"], "dataset.separator": " and "},
    "image.image_width": {"image.image_width": 48},
    "image.image_height": {"image.image_height": 48},
    "image.image_channels": {"image.image_channels": 1},
    "image.image_normalization": {"image.image_normalization": "Image"},
    "tokenizer.lowercase": {"tokenizer.lowercase": True},
    "tokenizer.max_length": {"tokenizer.max_length": 8},
    "tokenizer.padding_quantile": {"tokenizer.padding_quantile": 0.5},
    "augmentation.augmentations_strategy": {"augmentation.augmentations_strategy": "Hard"},
    "augmentation.token_mask_probability": {"augmentation.token_mask_probability": 0.5},
    "architecture.image_backbone": {"architecture.image_backbone": "test_efficientnet"},
    "architecture.image_pool": {"architecture.image_pool": "Max", "image.image_width": 64},
    "architecture.text_backbone": {"architecture.text_backbone": "scratch/bert-small"},
    "architecture.text_pool": {"architecture.text_pool": "Average"},
    "architecture.intermediate_dropout": {"architecture.intermediate_dropout": 0.5},
    "architecture.batch_normalization": {"architecture.batch_normalization": "Frozen"},
    "architecture.fusion": {"architecture.fusion": "Gated"},
    "architecture.fusion_size": {"architecture.fusion": "Gated", "architecture.fusion_size": 16},
    "architecture.dropout": {"architecture.dropout": 0.5},
    "architecture.freeze_image_encoder": {"architecture.freeze_image_encoder": True},
    "architecture.freeze_text_encoder": {"architecture.freeze_text_encoder": True},
    "training.loss_function": {"training.loss_function": "Focal"},
    "prediction.test_time_augmentations": {"prediction.test_time_augmentations": ["Horizontal flip"]},
}  # fmt: skip
TABLE = pd.DataFrame(
    {
        ROW: [1, 2, 3, 4],
        "image": [f"{number}.png" for number in range(4)],
        "text": ["A red Shoe", "a blue hat of Wool that keeps you warm on the longest of days", "an old Coat", "one"],
        "more": ["very Old", "new", "", "torn at the seam"],
        "label": ["a", "b", "c", "a"],
    }
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def recipe_of(changes: dict[str, Any]) -> ImageTextClassificationRecipe:
    settings = SETTINGS.from_mapping({**BASE, **changes})
    target = ImageTextClassificationRecipe.target_of(settings, TABLE)
    return ImageTextClassificationRecipe(settings, target, assets=assets_of(settings))


def assets_of(settings: Any) -> Any:
    return ImageTextClassificationRecipe.assets_of(settings, TABLE)


def outcome(changes: dict[str, Any], folder: Path) -> tuple[float, ...]:
    """Answers, and losses before and after a step of training, as these settings have them."""
    torch.manual_seed(0)
    recipe = recipe_of(changes)
    model = recipe.model(None).eval()
    seen, learned = (recipe.samples(TABLE, Media(folder), training=training) for training in (False, True))
    with torch.no_grad():
        answers = recipe.score(model, recipe.collate([seen[SampleIndex(row)] for row in range(4)]))
    model.train()
    batch = recipe.collate([learned[SampleIndex(row, seed=row + 3)] for row in range(4)])
    trained = [one for group in recipe.layer_groups(model).values() for one in group if one.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.1)
    losses = []
    for _ in range(2):
        loss = recipe.loss(model, batch)
        losses.append(float(loss.detach()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    values = np.concatenate([np.ravel(one) for raw in answers.raw for one in raw.values()])
    return (*map(float, values), *losses)


def kept_outcome(changes: dict[str, Any], folder: Path) -> tuple[float, ...]:
    """The outcome of settings that several tests look at, computed once."""
    return _kept_outcome(json.dumps(changes), folder)


@cache
def _kept_outcome(changes: str, folder: Path) -> tuple[float, ...]:
    return outcome(json.loads(changes), folder)


@pytest.mark.parametrize("key", CHANGES)
def test_every_setting_of_both_halves_has_an_effect(key: str, pictures: Path) -> None:
    without = {name: value for name, value in CHANGES[key].items() if name != key}

    assert kept_outcome(CHANGES[key], pictures) != kept_outcome(without, pictures)


def test_the_same_settings_come_to_the_same(pictures: Path) -> None:
    assert outcome({}, pictures) == kept_outcome({}, pictures)


def test_settings_are_those_of_both_halves_under_their_keys() -> None:
    halves = [problem_types()[name].model_types[0].settings for name in ("image_classification", "text_classification")]
    own = {f"architecture.{part}_{name}" for part in ("image", "text") for name in OWN}
    new = {"architecture.fusion", "architecture.fusion_size", "architecture.freeze_image_encoder",
           "architecture.freeze_text_encoder"}  # fmt: skip
    mixing = {key for key in halves[0].fields() if key.startswith(("augmentation.mix", "augmentation.cutmix"))}

    expected = {key for half in halves for key in half.fields()} - {f"architecture.{name}" for name in OWN} - mixing

    assert set(SETTINGS.fields()) == (expected | own | new) - {"logging.number_of_texts"}
    defaults = SETTINGS().flat()
    for half, part in zip(halves, ("image", "text"), strict=True):
        for name in OWN:
            assert defaults[f"architecture.{part}_{name}"] == half().flat()[f"architecture.{name}"]


def parameters_by_name(model: nn.Module, part: str) -> dict[str, Tensor]:
    return {
        name: value.clone() for name, value in model.state_dict().items() if name.startswith(f"encoder.parts.{part}")
    }


@pytest.mark.parametrize("frozen", ["image", "text"])
def test_a_frozen_encoder_keeps_weights_and_statistics(frozen: str, pictures: Path) -> None:
    recipe = recipe_of({f"architecture.freeze_{frozen}_encoder": True, "architecture.batch_normalization": "Train"})
    model, samples = recipe.model(None), recipe.samples(TABLE, Media(pictures), training=True)
    before = {part: parameters_by_name(model, part) for part in ("image", "text")}
    groups = recipe.layer_groups(model)
    optimizer = torch.optim.SGD([one for group in groups.values() for one in group if one.requires_grad], lr=0.1)

    recipe.loss(model.train(), recipe.collate([samples[SampleIndex(row, seed=1)] for row in range(4)])).backward()
    optimizer.step()

    changed = {
        part: [name for name, value in parameters_by_name(model, part).items() if not torch.equal(value, old[name])]
        for part, old in before.items()
    }
    assert changed[frozen] == []
    assert changed["text" if frozen == "image" else "image"]


@pytest.mark.parametrize("frozen", [False, True])
def test_both_halves_are_explained_and_a_frozen_one_too(frozen: bool, pictures: Path) -> None:
    recipe = recipe_of({f"architecture.freeze_{part}_encoder": frozen for part in ("image", "text")})
    model, samples = recipe.model(None).eval(), recipe.samples(TABLE, Media(pictures), training=False)

    found = recipe.attributions(model, recipe.collate([samples[SampleIndex(row)] for row in range(4)]))

    assert found is not None
    for one, text in zip(found, TABLE["text"], strict=True):
        assert isinstance(one, Attributions)
        heat, marks = one.parts
        assert isinstance(heat, np.ndarray)
        assert heat.shape == (32, 32)
        assert heat.max() == pytest.approx(1.0, abs=0.05) or heat.max() == 0
        assert isinstance(marks, tuple)
        assert all(0 <= mark.start < mark.end <= len(text) for mark in marks)


def test_the_words_of_an_explanation_add_up_to_what_the_text_changes(pictures: Path) -> None:
    """Completeness of integrated gradients, with the image held as it is."""
    from studio.modeling.joint.joint_encoder import PartOfModel
    from studio.modeling.text.attributions import integrated_gradients

    torch.manual_seed(0)
    recipe = recipe_of({})
    model, samples = recipe.model(None).eval(), recipe.samples(TABLE, Media(pictures), training=False)
    batch = recipe.collate([samples[SampleIndex(row)] for row in range(4)])
    image, text = batch.parts["image"], batch.parts["text"]
    part = PartOfModel(model, "text", {"image": (image.images,), "text": (text.ids, text.mask)})
    tokenizer: Any = recipe.input.parts["text"].tokenizer  # type: ignore[attr-defined]
    kept = text.mask * (~torch.isin(text.ids, torch.tensor(tokenizer.special.framing()))).long()
    blank = torch.where(kept.bool(), torch.full_like(text.ids, tokenizer.special.pad), text.ids)
    layer = part.get_submodule("backbone").encoder.embeddings()  # type: ignore[union-attr, operator]

    scores = integrated_gradients(
        layer, text.ids, kept, tokenizer.special.pad, lambda: part(text.ids, text.mask)[:, 0], 64
    )

    with torch.no_grad():
        change = (part(text.ids, text.mask) - part(blank, text.mask))[:, 0]
        assert torch.equal(part(text.ids, text.mask), model(image.images, text.ids, text.mask))
    assert torch.allclose(scores.sum(1), change, atol=0.02 * float(change.abs().max()) + 1e-4)


def findings(changes: dict[str, Any]) -> dict[str, str]:
    settings = SETTINGS.from_mapping({**BASE, **changes})
    columns = tuple(Column(name, "text") for name in ("image", "text", "label"))
    return {one.path: one.code for one in settings.contradictions(ChoiceContext(columns=columns))}


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"architecture.text_pretrained": True}, "architecture.text_pretrained", "no_weights"),
        ({"architecture.freeze_image_encoder": True}, "architecture.freeze_image_encoder", "frozen_random_weights"),
        ({"architecture.freeze_text_encoder": True}, "architecture.freeze_text_encoder", "frozen_random_weights"),
        ({"dataset.text_column": []}, "dataset.text_column", "no_column"),
        ({"dataset.label_columns": []}, "dataset.label_columns", "no_label"),
        ({"dataset.label_columns": ["text"]}, "dataset.text_column", "contradiction"),
        ({"training.loss_function": "CrossEntropy"}, "", ""),
    ],
)
def test_what_does_not_go_together_is_said_once_at_the_setting_of_the_half(
    changes: dict[str, Any], path: str, code: str
) -> None:
    found = findings(changes)

    assert found.get(path, "") == code
    assert not {key for key in found if key and key not in SETTINGS.fields()}


def test_suggestions_are_for_both_halves_and_valid() -> None:
    context = SuggestionContext(
        profile=DatasetProfile(task="multi-class"), train_rows=300, gpu_count=0, cores=2,
        packaged_weights=("tf_efficientnet_lite0", MINILM),
    )  # fmt: skip

    changes = {one.key: one.value for one in KIND.suggest(SETTINGS(), context)}

    assert changes["architecture.image_backbone"] == "tf_efficientnet_lite0"
    assert (changes["architecture.text_backbone"], changes["architecture.text_pool"]) == (MINILM, "Average")
    assert changes["image.image_width"] == 160
    assert changes["training.differential_learning_rate_layers"] == ["Image encoder", "Text encoder"]
    assert SETTINGS().replaced(changes)


def test_without_packages_and_hub_the_text_is_read_from_scratch() -> None:
    context = SuggestionContext(profile=DatasetProfile(task="multi-class"), train_rows=300, gpu_count=0, cores=2)

    changes = {one.key: one.value for one in KIND.suggest(SETTINGS(), context)}

    assert changes["architecture.text_backbone"].startswith("scratch/")
    assert changes["architecture.text_pretrained"] is False
    assert changes["training.differential_learning_rate_layers"] == ["Image encoder"]


def test_targets_are_those_of_the_task() -> None:
    several = TABLE.assign(one=[0, 1, 0, 1], two=[1, 1, 0, 0])
    settings = SETTINGS.from_mapping({**BASE, "dataset.label_columns": ["one", "two"]})

    target = ImageTextClassificationRecipe.target_of(settings, several)

    assert target == Target("multi-label", ("one", "two"), target.facts)
