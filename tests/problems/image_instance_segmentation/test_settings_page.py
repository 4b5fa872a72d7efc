"""The settings of image instance segmentation: as those of semantic segmentation, but for what finds objects. Each is
there under its key, in its section, under its condition, with its options, default and grid mark.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from studio.configuration.document import settings_document
from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.masks.mask_part import OVERLAP_FACT
from studio.problems.image_instance_segmentation.spec import PROBLEM_TYPE
from studio.settings.choices import ChoiceContext
from tests.problems.image_semantic_segmentation.test_settings_page import CUSTOM, ROWS, Row

UNET, MASK_RCNN = "unet_components", "mask_rcnn"
OWN = (
    Row("Unlabeled dataframe", "dataset.unlabeled_dataframe", options=("None",)),
    Row("Metric", "prediction.metric", options=("COCO mAP", "mAP"), default="COCO_mAP"),
    Row("Metric Iou threshold", "prediction.metric_iou_threshold", default=0.5),
    Row("Max det per image", "prediction.max_det_per_image", default=100),
    Row("Confidence threshold", "prediction.confidence_threshold", default=0.5),
)
OF_MASK_RCNN = (
    Row("Backbone", "architecture.backbone", grid=True, default="resnet50"),
    Row(
        "Differential learning rate layers",
        "training.differential_learning_rate_layers",
        options=("Body", "FPN", "RPN", "ROI heads", "Mask head"),
        default=[],
    ),
    Row("Differential learning rate", "training.differential_learning_rate", grid=True,
        shown={"training.differential_learning_rate_layers": ["Body"]}, hidden={}),
    Row("Nms Iou threshold", "prediction.nms_iou_threshold", default=0.5),
)  # fmt: skip
OF_PIXELS = (
    "image.tiling", "augmentation.mix_target", "augmentation.cutmix_corner", "architecture.architecture",
    "training.loss_function", "training.bce_weight", "training.dice_weight", "training.focal_weight",
    "training.lovasz_weight", "training.focal_alpha", "training.focal_gamma", "prediction.test_time_augmentations",
)  # fmt: skip
"""What Mask R-CNN, which gives boxes first, has no use for."""


def rows() -> Iterator[tuple[str, Row]]:
    for model, further in ((UNET, OWN), (MASK_RCNN, (*OWN, *OF_MASK_RCNN))):
        replaced = {row.key for row in further} | set(OF_PIXELS if model == MASK_RCNN else ())
        for row in (*(one for one in ROWS if one.key not in replaced), *further):
            yield model, row


@pytest.mark.parametrize(("model", "row"), list(rows()), ids=lambda one: one if isinstance(one, str) else one.label)
def test_each_setting_exists_under_its_name_condition_and_default(model: str, row: Row) -> None:
    settings = PROBLEM_TYPE.model_type(model).settings
    context = ChoiceContext(tables=("train.parquet", "test.parquet"))
    entries = {entry.key: entry for entry in settings_document(PROBLEM_TYPE, model, context).settings}

    entry = entries[row.key]

    assert entry.label == row.label
    assert entry.help
    assert entry.grid is row.grid
    words = [label for _, label in entry.choices or ()]
    assert set(row.options) <= set(words), words
    assert row.key in settings.from_mapping(row.shown).visible()
    assert row.hidden is None or row.key not in settings.from_mapping(row.hidden).visible()
    assert row.default is None or settings().flat()[row.key] == row.default


def test_no_kind_of_model_offers_what_it_has_no_use_for() -> None:
    assert not set(OF_PIXELS) & set(PROBLEM_TYPE.model_type(MASK_RCNN).settings.fields())
    assert "prediction.nms_iou_threshold" not in PROBLEM_TYPE.model_type(UNET).settings.fields()


@pytest.mark.parametrize("model", [UNET, MASK_RCNN])
def test_a_file_of_settings_is_taken_back(model: str) -> None:
    schema = PROBLEM_TYPE.model_type(model).settings
    settings = schema.from_mapping({"prediction.confidence_threshold": 0.3, "image.image_width": 320})

    assert schema.from_mapping(load_config(dump_config(settings)).settings) == settings


@pytest.mark.parametrize(
    ("values", "facts", "path"),
    [
        ({"training.loss_function": "CrossEntropy"}, {OVERLAP_FACT: True}, "training.loss_function"),
        ({"training.bce_weight": 0, "training.dice_weight": 0}, {}, "training.bce_weight"),
        ({"architecture.architecture": "PSPNet", "training.batch_size": 1}, {}, "training.batch_size"),
        (CUSTOM | {"image.tiling": "Automatic"}, {}, "image.tiling"),
        ({"architecture.backbone": "resnet3"}, {}, "architecture.backbone"),
    ],
)
def test_what_does_not_go_together_is_said(values: dict[str, Any], facts: dict[str, Any], path: str) -> None:
    settings = PROBLEM_TYPE.model_type(UNET).settings

    assert path in {one.path for one in settings.from_mapping(values).check(ChoiceContext(facts=facts))}
    assert path not in {one.path for one in settings().check(ChoiceContext())}
