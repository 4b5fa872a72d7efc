"""Object detection's own verbs: boxes back in the file, mixtures, sure boxes as labels, class rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.nn.modules.batchnorm import _BatchNorm

from studio.modeling.images.boxed_image_input import BoxedImageBatch
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Media, SampleIndex
from studio.problems.image_object_detection.recipe import ImageObjectDetectionRecipe
from studio.problems.registry import problem_types

KIND = problem_types()["image_object_detection"]
MODEL_TYPES = [one.id for one in KIND.model_types]
COLUMNS = ("class_name", "x_min", "y_min", "x_max", "y_max")
TABLE = pd.DataFrame(
    {
        "image": ["0.png", "1.png", "2.png"],
        "class_name": [["cat"], ["dog", "cat"], []],
        "x_min": [[10], [0, 80], []],
        "y_min": [[20], [0, 40], []],
        "x_max": [[60], [40, 159], []],
        "y_max": [[70], [30, 99], []],
    }
)


def recipe(model_type: str | None = "fcos", **changes: Any) -> ImageObjectDetectionRecipe:
    roles = {f"dataset.{role}_column": role for role in COLUMNS}
    backbone = "tf_efficientdet_lite0" if model_type == "efficientdet" else "test_resnet"
    settings = KIND.model_type(model_type).settings.from_mapping(
        {
            "dataset.image_column": "image",
            **roles,
            "architecture.backbone": backbone,
            "architecture.pretrained": False,
            "image.image_width": 128,
            "image.image_height": 128,
            **{key.replace("__", "."): value for key, value in changes.items()},
        }
    )
    return ImageObjectDetectionRecipe(settings, ImageObjectDetectionRecipe.target_of(settings, TABLE))


def batch(one: ImageObjectDetectionRecipe, folder: Path, *, training: bool = False) -> BoxedImageBatch:
    generator = np.random.default_rng(0)
    for name in TABLE["image"]:
        Image.fromarray(generator.integers(0, 256, (100, 160, 3), dtype=np.uint8)).save(folder / name)
    samples = one.samples(TABLE, Media(folder), training=training)
    return one.collate([samples[SampleIndex(row, 5 if training else None)] for row in range(len(TABLE))])


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_boxes_lie_in_the_file_whatever_its_shape(model_type: str, tmp_path: Path) -> None:
    one = recipe(model_type)
    torch.manual_seed(0)

    with torch.inference_mode():
        scored = one.score(one.model(None).eval(), batch(one, tmp_path))

    assert scored.losses is not None
    assert np.isfinite(scored.losses).all()
    for raw in scored.raw:
        assert set(raw) == {"boxes", "scores", "classes"}
        assert raw["boxes"].min() >= 0
        assert (raw["boxes"] <= [160, 100, 160, 100]).all()


def test_the_way_back_is_found_through_a_pipeline_that_mirrors(tmp_path: Path) -> None:
    mirrored = recipe(
        augmentation__augmentations_strategy="Custom",
        augmentation__custom_inference_augmentations="- HorizontalFlip: {p: 1.0}",
    )
    found = batch(mirrored, tmp_path)

    x = found.corners[0][0, [0, 2]].numpy()
    back = x * found.placements[0].frame[0, 0] + found.placements[0].frame[0, 2]

    # albumentations mirrors points at the middle of the last pixel, and boxes at its edge.
    assert back.tolist() == pytest.approx([60, 10], abs=1.01)


@pytest.mark.parametrize("mix", ["Mixup", "Cutmix"])
def test_mixed_batches_train_and_keep_boxes_in_the_image(mix: str, tmp_path: Path) -> None:
    one = recipe(augmentation__mix_image=mix)
    plain = batch(one, tmp_path, training=True)
    torch.manual_seed(1)

    mixed = one.mix(plain)
    loss = one.loss(one.model(None), mixed)

    assert torch.isfinite(loss)
    assert mixed.images.dtype == torch.uint8
    assert not torch.equal(mixed.images, plain.images)
    assert sum(map(len, mixed.corners)) >= (6 if mix == "Mixup" else 1)
    for corners, classes in zip(mixed.corners, mixed.classes, strict=True):
        assert len(corners) == len(classes)
        assert ((corners >= 0) & (corners <= 128)).all()


def test_without_a_mixture_the_batch_stays_the_same_object(tmp_path: Path) -> None:
    one = recipe()
    plain = batch(one, tmp_path, training=True)

    assert one.mix(plain) is plain


def found(*scores: float) -> Raw:
    corners = np.array([[index, 0.0, index + 10.0, 10.0] for index in range(len(scores))]).reshape(-1, 4)
    return {"boxes": corners, "scores": np.array(scores), "classes": np.ones(len(scores), dtype=np.int64)}


def test_the_probability_threshold_cuts_the_table_and_nothing_else() -> None:
    table = ScoredTable(pd.DataFrame({"image": ["7.png"]}), (found(0.9, 0.6, 0.4),), None)

    shown = {
        threshold: recipe(prediction__probability_threshold=threshold).columns(table)["confidence"][0]
        for threshold in (0.0, 0.5, 0.95)
    }

    assert shown == {0.0: [0.9, 0.6, 0.4], 0.5: [0.9, 0.6], 0.95: []}


def test_the_metric_overlap_decides_what_counts_as_right() -> None:
    table = TABLE.head(1)
    shifted: Raw = {"boxes": np.array([[20.0, 20, 70, 70]]), "scores": np.ones(1), "classes": np.zeros(1, np.int64)}

    def mean_average_precision(overlap: float) -> float:
        return recipe(prediction__metric_iou_threshold=overlap).metrics(ScoredTable(table, (shifted,), None))["mAP"]

    assert mean_average_precision(0.5) == pytest.approx(1.0)
    assert mean_average_precision(0.7) == 0.0


@pytest.mark.parametrize(("threshold", "kept"), [(0.3, [2, 1]), (0.75, [1])])
def test_sure_boxes_become_lists_in_the_columns_of_the_training_table(threshold: float, kept: list[int]) -> None:
    one = recipe(prediction__probability_threshold=threshold)
    unlabeled = pd.DataFrame({"image": ["7.png", "8.png", "9.png"]})

    labelled = one.pseudo_labels(ScoredTable(unlabeled, (found(0.9, 0.6, 0.4), found(0.7), found(0.2)), None))

    assert list(labelled.columns) == ["image", *COLUMNS]
    assert [len(cell) for cell in labelled["class_name"]] == kept
    assert labelled["class_name"].iloc[0][0] == "dog"
    assert labelled["x_max"].iloc[0][0] == 10.0
    both = pd.concat([TABLE, labelled], ignore_index=True)
    assert ImageObjectDetectionRecipe.target_of(one.settings, both) == one.target


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_rows_that_belong_to_classes_divide_the_tensors(model_type: str) -> None:
    one = recipe(model_type)
    model = one.model(None)
    tensors = model.state_dict()

    rows = one.label_aligned_rows(model)

    assert rows
    for name, found_rows in rows.items():
        assert tensors[name].shape[0] % ((2 + found_rows.background) * found_rows.inner) == 0


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@pytest.mark.parametrize(
    ("choice", "is_gentle", "is_kept"),
    [("Frozen", False, True), ("Train", True, False), ("Automatic", True, True), ("Automatic", False, False)],
)
def test_batch_normalization_of_the_body_follows_the_setting(
    model_type: str, choice: str, is_gentle: bool, is_kept: bool
) -> None:
    body = "Backbone" if model_type == "efficientdet" else "Body"
    one = recipe(
        model_type,
        architecture__batch_normalization=choice,
        architecture__pretrained=True,
        training__differential_learning_rate_layers=[body] if is_gentle else [],
    )

    model = one.model(None).train()

    of_body = {id(parameter) for parameter in one.layer_groups(model)[body]}
    norms = [one for one in model.modules() if isinstance(one, _BatchNorm) and id(one.weight) in of_body]
    assert norms
    assert {norm.training for norm in norms} == {not is_kept}
