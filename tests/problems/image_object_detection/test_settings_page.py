"""The 75 settings of the page the product was asked for: each exists under its name, in its section, under its
condition, with its options and its grid mark. Two more are named inside *Augmentations strategy*.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from studio.configuration.document import settings_document
from studio.configuration.yaml_config import dump_config, load_config
from studio.problems.contract import ModelType
from studio.problems.image_object_detection.spec import PROBLEM_TYPE
from studio.settings.choices import ChoiceContext

ALL = ("efficientdet", "faster_rcnn", "fcos")
EFFICIENTDET = ("efficientdet",)
FROM_EXPERIMENT = {"general.problem_category": "from_experiment"}
SEVERAL_GPUS = {"environment.gpus": ["0", "1"]}
NEPTUNE = {"logging.logger": "Neptune"}
CUSTOM = {"augmentation.augmentations_strategy": "Custom"}
KEEPS_BEST = {"training.save_best_checkpoint": True}


@dataclass(frozen=True)
class Row:
    """One setting of the page."""

    label: str
    key: str
    grid: bool = False
    models: tuple[str, ...] = ALL
    shown: Mapping[str, Any] = field(default_factory=dict)
    """Values under which it is shown."""
    hidden: Mapping[str, Any] | None = None
    """Values under which it is not; None where it always is."""
    options: tuple[str, ...] = ()
    """As the page names them."""


ROWS = (
    Row("Dataset", "general.dataset"),
    Row("Problem category", "general.problem_category", options=("From experiment",)),
    Row("Experiment", "general.experiment", shown=FROM_EXPERIMENT, hidden={}),
    Row("Problem type", "general.problem_type"),
    Row("Model type", "general.model_type"),
    Row("Import config from YAML", ""),
    Row("Use previous experiment weights", "general.use_previous_experiment_weights", shown=FROM_EXPERIMENT, hidden={}),
    Row("Experiment name", "general.experiment_name"),
    Row("Train dataframe", "dataset.train_dataframe", options=("None",)),
    Row("Data folder", "dataset.data_folder"),
    Row(
        "Validation strategy",
        "dataset.validation_strategy",
        options=(
            "K-fold cross validation",
            "Grouped k-fold cross validation",
            "Custom holdout validation",
            "Automatic holdout validation",
        ),
    ),
    Row(
        "Validation dataframe",
        "dataset.validation_dataframe",
        shown={"dataset.validation_strategy": "custom"},
        hidden={},
    ),
    Row("Selected folds", "dataset.selected_folds", hidden={"dataset.validation_strategy": "custom"}),
    Row("Test dataframe", "dataset.test_dataframe", options=("None",)),
    Row("Data folder test", "dataset.data_folder_test", shown={"dataset.test_dataframe": "test.parquet"}, hidden={}),
    Row("Unlabeled dataframe", "dataset.unlabeled_dataframe", options=("None",)),
    Row("Class name column", "dataset.class_name_column"),
    Row("X min column", "dataset.x_min_column"),
    Row("Y min column", "dataset.y_min_column"),
    Row("X max column", "dataset.x_max_column"),
    Row("Y max column", "dataset.y_max_column"),
    Row("Image column", "dataset.image_column"),
    Row("Data sample", "dataset.data_sample"),
    Row("Image width", "image.image_width"),
    Row("Image height", "image.image_height"),
    Row("Image channels", "image.image_channels"),
    Row(
        "Image normalization",
        "image.image_normalization",
        grid=True,
        options=("Channel", "Image", "ImageNet", "Inception", "Min_Max", "No", "Simple"),
    ),
    Row(
        "Augmentations strategy",
        "augmentation.augmentations_strategy",
        grid=True,
        options=("Soft", "Medium", "Hard", "Custom"),
    ),
    Row("Mix image", "augmentation.mix_image", grid=True, options=("Mixup", "Cutmix", "Disabled")),
    Row("Pretrained", "architecture.pretrained", grid=True),
    Row("Backbone", "architecture.backbone", grid=True),
    Row("Drop path rate", "architecture.drop_path_rate", grid=True, models=EFFICIENTDET),
    Row("Anchor num scales", "architecture.anchor_num_scales", grid=True, models=EFFICIENTDET),
    Row("Anchor scale", "architecture.anchor_scale", grid=True, models=EFFICIENTDET),
    Row("Anchor aspect ratios", "architecture.anchor_aspect_ratios", models=EFFICIENTDET),
    Row("Anchor Iou match threshold", "architecture.anchor_iou_match_threshold", grid=True, models=EFFICIENTDET),
    Row("Optimizer", "training.optimizer", grid=True, options=("Adadelta", "Adam", "AdamW", "RMSprop", "SGD")),
    Row("Learning rate", "training.learning_rate", grid=True),
    Row("Differential learning rate layers", "training.differential_learning_rate_layers"),
    Row("Batch size", "training.batch_size", grid=True),
    Row("Automatically adjust batch size", "training.automatically_adjust_batch_size"),
    Row("Drop last batch", "training.drop_last_batch"),
    Row("Epochs", "training.epochs", grid=True),
    Row("Schedule", "training.schedule", grid=True, options=("Constant", "Cosine", "Linear")),
    Row("Warmup epochs", "training.warmup_epochs", grid=True),
    Row("Weight decay", "training.weight_decay", grid=True),
    Row("Gradient clip", "training.gradient_clip", grid=True),
    Row("Grad accumulation", "training.grad_accumulation", grid=True),
    Row("Save best checkpoint", "training.save_best_checkpoint"),
    Row("Evaluation epochs", "training.evaluation_epochs", hidden=KEEPS_BEST),
    Row("Evaluate before training", "training.evaluate_before_training"),
    Row("Calculate train metric", "training.calculate_train_metric"),
    Row("Train validation data", "training.train_validation_data", hidden=KEEPS_BEST),
    Row("Build scoring pipelines", "training.build_scoring_pipelines"),
    Row("Box loss weight", "training.box_loss_weight", models=EFFICIENTDET),
    Row("Focal Cls loss alpha", "training.focal_cls_loss_alpha", models=EFFICIENTDET),
    Row("Focal Cls loss gamma", "training.focal_cls_loss_gamma", models=EFFICIENTDET),
    Row("Metric", "prediction.metric", options=("mAP",)),
    Row("Metric Iou threshold", "prediction.metric_iou_threshold"),
    Row("Nms Iou threshold", "prediction.nms_iou_threshold"),
    Row("Max det per image", "prediction.max_det_per_image"),
    Row("Probability threshold", "prediction.probability_threshold"),
    Row("GPUs", "environment.gpus"),
    Row("Number of seeds per run", "environment.number_of_seeds_per_run"),
    Row("Number of GPUs per run", "environment.number_of_gpus_per_run", shown=SEVERAL_GPUS, hidden={}),
    Row("Mixed precision training", "environment.mixed_precision_training"),
    Row("Mixed precision inference", "environment.mixed_precision_inference"),
    Row(
        "Sync batch normalization",
        "environment.sync_batch_normalization",
        shown={**SEVERAL_GPUS, "environment.number_of_gpus_per_run": 2},
        hidden=SEVERAL_GPUS,
    ),
    Row("Number of workers", "environment.number_of_workers"),
    Row("Seed", "environment.seed"),
    Row("Logger", "logging.logger", options=("None", "Neptune")),
    Row("Neptune API token", "logging.neptune_api_token", shown=NEPTUNE, hidden={}),
    Row("Neptune project", "logging.neptune_project", shown=NEPTUNE, hidden={}),
    Row("Log grad norm", "logging.log_grad_norm"),
    Row("Number of images", "logging.number_of_images"),
)
NAMED_INSIDE = (
    Row("Custom train augmentations", "augmentation.custom_train_augmentations", shown=CUSTOM, hidden={}),
    Row("Custom inference augmentations", "augmentation.custom_inference_augmentations", shown=CUSTOM, hidden={}),
)
SECTIONS = (
    "General", "Dataset", "Image", "Augmentation", "Architecture", "Training", "Prediction", "Environment", "Logging",
)  # fmt: skip
FIXED = ("general.problem_type", "general.model_type")
"""Shown with the settings and decided beside them, as they choose the schema."""


def test_the_page_has_75_settings() -> None:
    assert len({row.label for row in ROWS}) == 75


@pytest.mark.parametrize("model", PROBLEM_TYPE.model_types, ids=lambda model: str(model.id))
def test_sections_stand_in_the_order_of_the_page(model: ModelType) -> None:
    document = settings_document(PROBLEM_TYPE, model.id, ChoiceContext())

    assert tuple(section.title for section in document.sections) == SECTIONS


@pytest.mark.parametrize("row", [*ROWS, *NAMED_INSIDE], ids=lambda row: row.label)
@pytest.mark.parametrize("model", PROBLEM_TYPE.model_types, ids=lambda model: str(model.id))
def test_each_setting_exists_under_its_name_and_condition(row: Row, model: ModelType) -> None:
    context = ChoiceContext(tables=("train.parquet", "test.parquet"))
    entries = {entry.key: entry for entry in settings_document(PROBLEM_TYPE, model.id, context).settings}
    if not row.key:
        loaded = load_config(dump_config(model.settings.from_mapping({"training.epochs": 7})))
        assert loaded.settings["training.epochs"] == 7
        return
    if model.id not in row.models:
        assert row.key not in entries
        return

    entry = entries[row.key]

    assert entry.label == row.label
    assert entry.help
    assert entry.grid is row.grid
    if row.options:
        words = [label for _, label in entry.choices or ()]
        assert set(row.options) <= set(words), words
    if row.key in FIXED:
        assert entry.fixed
        return
    assert row.key in model.settings.from_mapping(row.shown).visible()
    if row.hidden is not None:
        assert row.key not in model.settings.from_mapping(row.hidden).visible()


@pytest.mark.parametrize(
    ("model", "groups"),
    [
        ("efficientdet", ("Backbone", "FPN", "class_net", "box_net")),
        ("faster_rcnn", ("Body", "FPN", "RPN", "ROI heads")),
        ("fcos", ("Body", "FPN", "classification_head", "regression_head")),
    ],
)
def test_layer_groups_are_those_of_the_model_type(model: str, groups: tuple[str, ...]) -> None:
    fields = PROBLEM_TYPE.model_type(model).settings.fields()

    assert fields["training.differential_learning_rate_layers"].values == groups


def test_a_detector_takes_any_name_of_its_library() -> None:
    for model, name in (("efficientdet", "tf_efficientdet_d7x"), ("faster_rcnn", "convnext_base"), ("fcos", "swin_t")):
        choices = PROBLEM_TYPE.model_type(model).settings.fields()["architecture.backbone"].setting.choices

        assert choices is not None
        assert choices.is_open, (model, name)


def test_model_types_are_named_as_on_the_page() -> None:
    assert [model.title for model in PROBLEM_TYPE.model_types] == ["Efficientdet", "Faster Rcnn", "Fcos"]


def test_defaults_are_those_observed_in_real_runs() -> None:
    flat = PROBLEM_TYPE.model_type("efficientdet").settings().flat()

    expected = {
        "architecture.backbone": "tf_efficientdet_d0",
        "image.image_width": 512,
        "training.batch_size": 16,
        "training.learning_rate": 1e-3,
        "training.epochs": 5,
        "prediction.probability_threshold": 0.3,
        "prediction.nms_iou_threshold": 0.5,
        "prediction.metric_iou_threshold": 0.5,
        "prediction.max_det_per_image": 100,
        "training.box_loss_weight": 50.0,
        "training.focal_cls_loss_alpha": 0.25,
        "training.focal_cls_loss_gamma": 1.5,
        "architecture.anchor_num_scales": 3,
        "architecture.anchor_scale": 4.0,
        "architecture.anchor_aspect_ratios": [1.0, 2.0, 0.5],
        "architecture.drop_path_rate": "Default",
        "augmentation.mix_image": "Disabled",
    }
    assert {key: flat[key] for key in expected} == expected
