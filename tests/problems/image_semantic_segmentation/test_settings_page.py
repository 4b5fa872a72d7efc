"""The settings of image semantic segmentation: each exists under its key, in its section, under its condition, with its
options, default and grid mark, as the reference of the original names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from studio.configuration.document import settings_document
from studio.configuration.yaml_config import dump_config, load_config
from studio.datasets.masks.mask_part import OVERLAP_FACT
from studio.problems.image_semantic_segmentation.spec import PROBLEM_TYPE
from studio.settings.choices import ChoiceContext

SETTINGS = PROBLEM_TYPE.model_types[0].settings
FROM_EXPERIMENT = {"general.problem_category": "from_experiment"}
SEVERAL_GPUS = {"environment.gpus": ["0", "1"]}
NEPTUNE = {"logging.logger": "Neptune"}
CUSTOM = {"augmentation.augmentations_strategy": "Custom"}
KEEPS_BEST = {"training.save_best_checkpoint": True}
TESTED = {"dataset.test_dataframe": "test.parquet"}
MIXUP = {"augmentation.mix_image": "Mixup"}
CUTMIX = {"augmentation.mix_image": "Cutmix"}


def losses(*names: str) -> Mapping[str, Any]:
    return {"training.loss_function": names[0]}


@dataclass(frozen=True)
class Row:
    """One setting of the page."""

    label: str
    key: str
    grid: bool = False
    shown: Mapping[str, Any] = field(default_factory=dict)
    """Values under which it is shown."""
    hidden: Mapping[str, Any] | None = None
    """Values under which it is not; None where it always is."""
    options: tuple[str, ...] = ()
    default: Any = None
    """None where the dataset decides, or nothing is said of it."""


ROWS = (
    Row("Dataset", "general.dataset"),
    Row("Problem category", "general.problem_category", options=("From experiment",)),
    Row("Experiment", "general.experiment", shown=FROM_EXPERIMENT, hidden={}),
    Row("Use previous experiment weights", "general.use_previous_experiment_weights", shown=FROM_EXPERIMENT, hidden={}),
    Row("Experiment name", "general.experiment_name"),
    Row("Train dataframe", "dataset.train_dataframe", options=("None",)),
    Row("Data folder", "dataset.data_folder"),
    Row("Validation strategy", "dataset.validation_strategy", default="kfold"),
    Row(
        "Validation dataframe",
        "dataset.validation_dataframe",
        shown={"dataset.validation_strategy": "custom"},
        hidden={},
    ),
    Row(
        "Validation size",
        "dataset.validation_size",
        shown={"dataset.validation_strategy": "automatic"},
        hidden={},
        default=0.2,
    ),
    Row(
        "Group fold column",
        "dataset.group_fold_column",
        shown={"dataset.validation_strategy": "group_kfold"},
        hidden={},
    ),
    Row("Selected folds", "dataset.selected_folds", hidden={"dataset.validation_strategy": "custom"}, default=["0"]),
    Row("Test dataframe", "dataset.test_dataframe", options=("None",)),
    Row("Data folder test", "dataset.data_folder_test", shown=TESTED, hidden={}),
    Row("Class name column", "dataset.class_name_column"),
    Row("RLE mask column", "dataset.rle_mask_column"),
    Row("Image column", "dataset.image_column"),
    Row("Data sample", "dataset.data_sample", default=1.0),
    Row("Data sample choice", "dataset.data_sample_choice", shown={"dataset.data_sample": 0.5}, hidden={}),
    Row("Image width", "image.image_width", default=256),
    Row("Image height", "image.image_height", default=256),
    Row("Tiling", "image.tiling", grid=True, options=("Off", "Automatic"), default="Off"),
    Row("Image channels", "image.image_channels", default=3),
    Row(
        "Image normalization",
        "image.image_normalization",
        grid=True,
        options=("Channel", "Image", "ImageNet", "Inception", "Min_Max", "No", "Simple"),
        default="Simple",
    ),
    Row(
        "Augmentations strategy",
        "augmentation.augmentations_strategy",
        grid=True,
        options=("Soft", "Medium", "Hard", "Custom"),
        default="Soft",
    ),
    Row("Custom train augmentations", "augmentation.custom_train_augmentations", shown=CUSTOM, hidden={}),
    Row("Custom inference augmentations", "augmentation.custom_inference_augmentations", shown=CUSTOM, hidden={}),
    Row(
        "Mix image",
        "augmentation.mix_image",
        grid=True,
        options=("Mixup", "Cutmix", "Disabled"),
        default="Disabled",
    ),
    Row("Mix probability", "augmentation.mix_probability", shown=MIXUP, hidden={}, default=1.0),
    Row("Mix concentration", "augmentation.mix_concentration", shown=MIXUP, hidden={}, default=1.0),
    Row("Mix iterations", "augmentation.mix_iterations", shown=MIXUP, hidden={}, default=1),
    Row("Mix target", "augmentation.mix_target", shown=MIXUP, hidden=CUTMIX, default="Ratio"),
    Row("Cutmix corner", "augmentation.cutmix_corner", shown=CUTMIX, hidden=MIXUP, default=False),
    Row("Pretrained", "architecture.pretrained", grid=True, default=True),
    Row(
        "Architecture",
        "architecture.architecture",
        grid=True,
        options=(
            "Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PSPNet", "DeepLabV3", "DeepLabV3Plus", "PAN", "UPerNet",
            "Segformer", "DPT",
        ),
        default="Unet",
    ),
    Row("Backbone", "architecture.backbone", grid=True, default="resnet34"),
    Row(
        "Loss function",
        "training.loss_function",
        grid=True,
        options=("BCE", "BCEDice", "BCELovasz", "CrossEntropy", "Dice", "Focal", "FocalDice", "Jaccard"),
        default="BCEDice",
    ),
    Row("BCE weight", "training.bce_weight", grid=True, shown=losses("BCELovasz"), hidden=losses("BCE"), default=2.0),
    Row("Dice weight", "training.dice_weight", grid=True, shown={}, hidden=losses("BCELovasz"), default=1.0),
    Row("Focal weight", "training.focal_weight", grid=True, shown=losses("FocalDice"), hidden={}, default=2.0),
    Row("Lovasz weight", "training.lovasz_weight", grid=True, shown=losses("BCELovasz"), hidden={}, default=2.0),
    Row("Focal alpha", "training.focal_alpha", grid=True, shown=losses("Focal"), hidden={}, default=0.25),
    Row("Focal gamma", "training.focal_gamma", grid=True, shown=losses("FocalDice"), hidden={}, default=2.0),
    Row(
        "Optimizer",
        "training.optimizer",
        grid=True,
        options=("Adadelta", "Adam", "AdamW", "RMSprop", "SGD"),
        default="AdamW",
    ),
    Row("Learning rate", "training.learning_rate", grid=True, default=1e-3),
    Row(
        "Differential learning rate layers",
        "training.differential_learning_rate_layers",
        options=("Encoder", "Decoder", "Segmentation head"),
        default=[],
    ),
    Row(
        "Differential learning rate",
        "training.differential_learning_rate",
        grid=True,
        shown={"training.differential_learning_rate_layers": ["Encoder"]},
        hidden={},
    ),
    Row("Batch size", "training.batch_size", grid=True, default=16),
    Row("Automatically adjust batch size", "training.automatically_adjust_batch_size", default=False),
    Row("Drop last batch", "training.drop_last_batch", default=True),
    Row("Epochs", "training.epochs", grid=True, default=5),
    Row("Schedule", "training.schedule", grid=True, options=("Constant", "Cosine", "Linear"), default="Cosine"),
    Row("Warmup epochs", "training.warmup_epochs", grid=True, default=0.0),
    Row("Weight decay", "training.weight_decay", grid=True, default=0.0),
    Row("Gradient clip", "training.gradient_clip", grid=True, default=0.0),
    Row("Grad accumulation", "training.grad_accumulation", grid=True, default=1),
    Row("Save best checkpoint", "training.save_best_checkpoint", default=False),
    Row("Evaluation epochs", "training.evaluation_epochs", hidden=KEEPS_BEST, default=1.0),
    Row("Evaluate before training", "training.evaluate_before_training", default=False),
    Row("Calculate train metric", "training.calculate_train_metric", default=False),
    Row("Train validation data", "training.train_validation_data", hidden=KEEPS_BEST, default=False),
    Row("Build scoring pipelines", "training.build_scoring_pipelines", default=True),
    Row("Metric", "prediction.metric", options=("IoU", "Dice"), default="IoU"),
    Row("Probability threshold", "prediction.probability_threshold", default=0.5),
    Row(
        "Test time augmentations",
        "prediction.test_time_augmentations",
        options=("Horizontal flip", "Vertical flip"),
        default=[],
    ),
    Row("GPUs", "environment.gpus"),
    Row("Number of seeds per run", "environment.number_of_seeds_per_run", default=1),
    Row("Number of GPUs per run", "environment.number_of_gpus_per_run", shown=SEVERAL_GPUS, hidden={}),
    Row("Mixed precision training", "environment.mixed_precision_training", default=True),
    Row("Mixed precision inference", "environment.mixed_precision_inference", default=False),
    Row("Number of workers", "environment.number_of_workers", default=4),
    Row("Seed", "environment.seed", default=-1),
    Row("Logger", "logging.logger", options=("None", "Neptune"), default="None"),
    Row("Neptune API token", "logging.neptune_api_token", shown=NEPTUNE, hidden={}),
    Row("Neptune project", "logging.neptune_project", shown=NEPTUNE, hidden={}),
    Row("Log grad norm", "logging.log_grad_norm", default=False),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_each_setting_exists_under_its_name_condition_and_default(row: Row) -> None:
    context = ChoiceContext(tables=("train.parquet", "test.parquet"))
    entries = {entry.key: entry for entry in settings_document(PROBLEM_TYPE, None, context).settings}

    entry = entries[row.key]

    assert entry.label == row.label
    assert entry.help
    assert entry.grid is row.grid
    words = [label for _, label in entry.choices or ()]
    assert set(row.options) <= set(words), words
    assert row.key in SETTINGS.from_mapping(row.shown).visible()
    assert row.hidden is None or row.key not in SETTINGS.from_mapping(row.hidden).visible()
    assert row.default is None or SETTINGS().flat()[row.key] == row.default


def test_a_file_of_settings_is_taken_back() -> None:
    settings = SETTINGS.from_mapping({"architecture.architecture": "FPN", "training.loss_function": "FocalDice"})

    assert SETTINGS.from_mapping(load_config(dump_config(settings)).settings) == settings


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
    fine = SETTINGS.from_mapping({"training.loss_function": "CrossEntropy"})
    context = ChoiceContext(facts=facts)

    assert path in {one.path for one in SETTINGS.from_mapping(values).check(context)}
    assert "training.loss_function" not in {one.path for one in fine.check(ChoiceContext(facts={OVERLAP_FACT: False}))}


@pytest.mark.parametrize(
    "backbone", ["resnet34", "tu-resnet34", "mit_b0", "tf_efficientnet_b0.ns_jft_in1k", "convnext_base"]
)
def test_a_backbone_may_be_any_of_both_libraries(backbone: str) -> None:
    found = SETTINGS.from_mapping({"architecture.backbone": backbone}).check(ChoiceContext())

    assert "architecture.backbone" not in {one.path for one in found}
