"""Image classification's own verbs: views that are averaged, sure answers as labels, attribution, class rows."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from studio.modeling.classification.targets import class_counts
from studio.modeling.images.image_input import ImageBatch
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, SampleIndex
from studio.problems.image_classification.recipe import ImageClassificationRecipe
from studio.problems.registry import problem_type

ImageClassificationSettings = problem_type("image_classification").model_types[0].settings

TABLES = {
    "binary": pd.DataFrame({"image": ["0.png", "1.png", "2.png", "3.png"], "label": ["cat", "dog", "cat", "dog"]}),
    "multi-class": pd.DataFrame({"image": ["0.png", "1.png", "2.png", "3.png"], "label": ["a", "b", "c", "a"]}),
    "one-hot": pd.DataFrame(
        {"image": ["0.png", "1.png", "2.png", "3.png"], "a": [1, 0, 0, 1], "b": [0, 1, 0, 0], "c": [0, 0, 1, 0]}
    ),
    "multi-label": pd.DataFrame(
        {"image": ["0.png", "1.png", "2.png", "3.png"], "a": [1, 1, 0, 1], "b": [0, 1, 0, 1], "c": [0, 0, 1, 0]}
    ),
}


def recipe(task: str, **changes: Any) -> ImageClassificationRecipe:
    columns = [column for column in TABLES[task].columns if column != "image"]
    settings = ImageClassificationSettings.from_mapping(
        {
            "dataset.image_column": "image",
            "dataset.label_columns": columns,
            "architecture.backbone": "test_resnet",
            "architecture.pretrained": False,
            "image.image_width": 48,
            "image.image_height": 32,
            **{key.replace("__", "."): value for key, value in changes.items()},
        }
    )
    return ImageClassificationRecipe(settings, ImageClassificationRecipe.target_of(settings, TABLES[task]))


def batch(one: ImageClassificationRecipe, task: str, folder: Path) -> ImageBatch:
    generator = np.random.default_rng(0)
    for name in TABLES[task]["image"]:
        Image.fromarray(generator.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(folder / name)
    samples = one.samples(TABLES[task], Media(folder), training=False)
    return one.collate([samples[SampleIndex(row)] for row in range(len(TABLES[task]))])


def test_class_weights_change_the_training_loss_and_leave_that_of_validation_rows(tmp_path: Path) -> None:
    """Of the four rows two are of class a, so that balanced weights are 2/3, 4/3 and 4/3."""
    plain, weighted = recipe("multi-class"), recipe("multi-class", training__class_weights="Balanced")
    torch.manual_seed(0)
    model, rows = plain.model(None).eval(), batch(plain, "multi-class", tmp_path)

    with torch.inference_mode():
        losses, same = plain.score(model, rows).losses, weighted.score(model, rows).losses
        trained = float(weighted.loss(model, rows))

    assert losses is not None
    assert same is not None
    assert np.array_equal(losses, same)
    assert trained == pytest.approx(float(np.mean(losses * [2 / 3, 4 / 3, 4 / 3, 2 / 3])), abs=1e-6)


@pytest.mark.parametrize("task", sorted(TABLES))
def test_views_are_averaged(task: str, tmp_path: Path) -> None:
    plain = recipe(task)
    mirrored = recipe(task, prediction__test_time_augmentations=["Horizontal flip", "Vertical flip"])
    torch.manual_seed(0)
    model = plain.model(None).eval()
    views = [batch(plain, task, tmp_path) for _ in range(3)]
    views[1].images, views[2].images = views[1].images.flip(3), views[2].images.flip(2)

    with torch.inference_mode():
        averaged = mirrored.score(model, batch(mirrored, task, tmp_path))
        alone = [plain.score(model, one) for one in views]

    expected = np.mean([[raw["probabilities"] for raw in one.raw] for one in alone], axis=0)
    assert np.allclose([raw["probabilities"] for raw in averaged.raw], expected, atol=1e-6)
    assert np.allclose(averaged.losses, np.mean([one.losses for one in alone], axis=0), atol=1e-6)
    assert not np.allclose(expected, [raw["probabilities"] for raw in alone[0].raw], atol=1e-6)


@pytest.mark.parametrize("task", sorted(TABLES))
def test_attributions_are_maps_of_the_input_size(task: str, tmp_path: Path) -> None:
    one = recipe(task)
    torch.manual_seed(0)

    maps = one.attributions(one.model(None).eval(), batch(one, task, tmp_path))

    assert maps is not None
    assert [single.shape for single in maps] == [(32, 48)] * 4


def test_an_attribution_speaks_for_the_answer_also_where_that_is_the_negative_class(tmp_path: Path) -> None:
    one = recipe("binary")
    torch.manual_seed(0)
    model = one.model(None).eval()
    with torch.no_grad():
        model.head.bias.fill_(-50.0)  # type: ignore[union-attr, operator]

    logits = torch.tensor([[-2.0], [3.0]])

    assert one.task.loss_function.logits_of(logits, torch.tensor([0, 1])).tolist() == [2.0, 3.0]
    assert one.attributions(model, batch(one, "binary", tmp_path)) is not None


def test_a_map_lies_over_the_file_also_where_the_pipeline_mirrors_it(tmp_path: Path) -> None:
    plain = recipe("binary")
    mirrored = recipe(
        "binary",
        augmentation__augmentations_strategy="Custom",
        augmentation__custom_inference_augmentations="- HorizontalFlip: {p: 1.0}",
    )
    torch.manual_seed(0)
    model = plain.model(None).eval()
    with torch.no_grad():
        # Without a bias the positions add up to what is said, so something speaks for every answer.
        model.head.bias.zero_()  # type: ignore[union-attr, operator]
    seen, flipped = batch(plain, "binary", tmp_path), batch(mirrored, "binary", tmp_path)
    flipped.images = seen.images

    maps, over_the_file = plain.attributions(model, seen), mirrored.attributions(model, flipped)

    assert maps is not None
    assert over_the_file is not None
    for one, other in zip(maps, over_the_file, strict=True):
        assert other.shape == (40, 60)
        expected = cv2.resize(np.ascontiguousarray(one[:, ::-1]), (60, 40))
        assert np.allclose(expected[2:-2, 2:-2], other[2:-2, 2:-2], atol=0.02)
        assert not np.allclose(cv2.resize(one, (60, 40))[2:-2, 2:-2], other[2:-2, 2:-2], atol=0.02)


def scored(task: str, probabilities: list[list[float]]) -> ScoredTable:
    table = TABLES[task][["image"]].head(len(probabilities))
    return ScoredTable(table, tuple({"probabilities": np.array(row)} for row in probabilities), None)


def test_sure_answers_become_labels_in_words() -> None:
    one = recipe("binary", dataset__positive_class="cat")
    assert one.target.labels == ("dog", "cat")

    found = one.pseudo_labels(scored("binary", [[0.95, 0.05], [0.5, 0.5], [0.02, 0.98], [0.85, 0.15]]))

    assert found.to_dict("list") == {"image": ["0.png", "2.png"], "label": ["dog", "cat"]}


def test_sure_answers_become_one_1_in_columns_that_exclude_each_other() -> None:
    found = recipe("one-hot").pseudo_labels(scored("one-hot", [[0.05, 0.91, 0.04], [0.4, 0.3, 0.3]]))

    assert found.to_dict("list") == {"image": ["0.png"], "a": [0], "b": [1], "c": [0]}


def test_with_several_labels_every_one_must_be_sure() -> None:
    found = recipe("multi-label").pseudo_labels(
        scored("multi-label", [[0.95, 0.97, 0.02], [0.95, 0.5, 0.02], [0.01, 0.02, 0.03]])
    )

    assert found.to_dict("list") == {"image": ["0.png", "2.png"], "a": [1, 0], "b": [1, 0], "c": [0, 0]}


def test_pseudo_labels_train_together_with_the_true_ones() -> None:
    one = recipe("multi-class")

    both = pd.concat([TABLES["multi-class"], one.pseudo_labels(scored("multi-class", [[0.92, 0.05, 0.03]]))])

    target = ImageClassificationRecipe.target_of(one.settings, both)
    assert (target.task, target.labels) == (one.target.task, one.target.labels)
    assert class_counts(target) == ([3, 1, 1], 5)


@pytest.mark.parametrize(("task", "rows"), [("binary", 0), ("multi-class", 3), ("multi-label", 3)])
def test_rows_of_the_last_layer_belong_to_classes(task: str, rows: int) -> None:
    one = recipe(task)
    tensors = one.model(None).state_dict()

    assert {tensors[name].shape[0] for name in one.label_aligned_rows(one.model(None))} == ({rows} if rows else set())
