"""The 52 settings of the page the product was asked for: each exists under its name, in its section, under its
condition, with its options and its grid mark. Five of them could be tried in a grid only from the next version on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from studio.configuration.document import settings_document
from studio.configuration.yaml_config import dump_config, load_config
from studio.problems.registry import problem_type
from studio.problems.text_metric_learning.spec import PROBLEM_TYPE
from studio.settings.choices import ChoiceContext

TextMetricLearningSettings = problem_type("text_metric_learning").model_types[0].settings

SEVERAL_GPUS = {"environment.gpus": ["0", "1"]}
KEEPS_BEST = {"training.save_best_checkpoint": True}
OTHER_LOSS = {"training.loss_function": "CrossEntropy"}


@dataclass(frozen=True)
class Row:
    """One setting of the page."""

    label: str
    """As the page has it."""
    key: str
    grid: bool = False
    shown: Mapping[str, Any] = field(default_factory=dict)
    """Values under which it is shown."""
    hidden: Mapping[str, Any] | None = None
    """Values under which it is not; None where it always is."""
    options: tuple[str, ...] = ()
    """As the page names them, as far as they are of this problem type."""
    renamed: str = ""
    """The label of the later page, which is ours."""


ROWS = (
    Row("Dataset", "general.dataset"),
    Row("Problem type", "general.problem_type"),
    Row("Import config from YAML", ""),
    Row("Experiment name", "general.experiment_name"),
    Row("Train dataframe", "dataset.train_dataframe"),
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
    Row("Folds", "dataset.selected_folds", hidden={"dataset.validation_strategy": "custom"}, renamed="Selected folds"),
    Row("Test dataframe", "dataset.test_dataframe"),
    Row("Label columns", "dataset.label_columns"),
    Row("Text column", "dataset.text_column"),
    Row("Data sample", "dataset.data_sample"),
    Row("Lowercase", "tokenizer.lowercase", grid=True),
    Row("Max length", "tokenizer.max_length", grid=True),
    Row("Padding quantile", "tokenizer.padding_quantile"),
    Row("Pretrained", "architecture.pretrained", grid=True),
    Row("Embedding size", "architecture.embedding_size", grid=True),
    Row("Backbone", "architecture.backbone", grid=True),
    Row("Gradient checkpointing", "architecture.gradient_checkpointing"),
    Row("Intermediate dropout", "architecture.intermediate_dropout"),
    Row("Dropout", "architecture.dropout", grid=True),
    Row("Loss function", "training.loss_function", grid=True, options=("ArcFace", "CrossEntropy")),
    Row("Arcface margin", "training.arcface_margin", grid=True, hidden=OTHER_LOSS),
    Row("Arcface scale", "training.arcface_scale", grid=True, hidden=OTHER_LOSS),
    Row("Optimizer", "training.optimizer", grid=True, options=("Adadelta", "Adam", "AdamW", "RMSprop", "SGD")),
    Row("Learning rate", "training.learning_rate", grid=True),
    Row(
        "Differential learning rate layers",
        "training.differential_learning_rate_layers",
        options=("Backbone", "Neck", "Loss"),
    ),
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
    Row("Calculate train metric", "training.calculate_train_metric"),
    Row("Train validation data", "training.train_validation_data", hidden=KEEPS_BEST),
    Row("Build scoring pipelines", "training.build_scoring_pipelines"),
    Row("Metric", "prediction.metric", options=("mAP",)),
    Row("Top K similar", "prediction.top_k_similar"),
    Row("Gpus", "environment.gpus", renamed="GPUs"),
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
    Row("Number of texts", "logging.number_of_texts"),
)
SECTIONS = (
    "General", "Dataset", "Tokenizer", "Augmentation", "Architecture", "Training", "Prediction", "Environment",
    "Logging",
)  # fmt: skip
"""The page's, with Augmentation, which the next version brought to text."""
FIXED = ("general.problem_type",)
"""Shown with the settings and decided beside them, as it chooses the schema."""


def test_the_page_has_52_settings() -> None:
    assert len({row.label for row in ROWS}) == 52


def test_sections_stand_in_the_order_of_the_page() -> None:
    document = settings_document(PROBLEM_TYPE, None, ChoiceContext())

    assert tuple(section.title for section in document.sections) == SECTIONS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_each_setting_exists_under_its_name_and_condition(row: Row) -> None:
    context = ChoiceContext(tables=("train.csv", "test.csv"))
    entries = {entry.key: entry for entry in settings_document(PROBLEM_TYPE, None, context).settings}
    if not row.key:
        loaded = load_config(dump_config(TextMetricLearningSettings.from_mapping({"training.epochs": 7})))
        assert loaded.settings["training.epochs"] == 7
        return

    entry = entries[row.key]

    assert entry.label == (row.renamed or row.label)
    assert entry.help
    assert entry.grid is row.grid
    if row.options:
        assert set(row.options) <= {label for _, label in entry.choices or ()}
    if row.key in FIXED:
        assert entry.fixed
        return
    assert row.key in TextMetricLearningSettings.from_mapping(row.shown).visible()
    if row.hidden is not None:
        assert row.key not in TextMetricLearningSettings.from_mapping(row.hidden).visible()


def test_layer_groups_are_those_of_the_page() -> None:
    fields = TextMetricLearningSettings.fields()

    assert fields["training.differential_learning_rate_layers"].values == ("Backbone", "Neck", "Loss")


def test_a_backbone_can_be_any_name_of_the_library() -> None:
    choices = TextMetricLearningSettings.fields()["architecture.backbone"].setting.choices

    assert choices is not None
    assert choices.is_open
    assert not TextMetricLearningSettings.from_mapping({"architecture.backbone": "me/mine"}).check(ChoiceContext())


def test_several_text_columns_are_joined_and_the_separator_shows_only_then() -> None:
    one = TextMetricLearningSettings.from_mapping({"dataset.text_column": ["title"]})
    two = TextMetricLearningSettings.from_mapping({"dataset.text_column": ["title", "body"]})

    assert "dataset.separator" not in one.visible()
    assert "dataset.separator" in two.visible()


def test_defaults_are_those_observed_in_real_runs() -> None:
    flat = TextMetricLearningSettings().flat()

    expected = {
        "architecture.backbone": "distilbert-base-uncased",
        "architecture.embedding_size": 512,
        "architecture.pool": "Average",
        "architecture.dropout": 0.0,
        "tokenizer.max_length": 128,
        "tokenizer.padding_quantile": 1.0,
        "training.loss_function": "ArcFace",
        "training.arcface_margin": 0.1,
        "training.arcface_scale": 45.0,
        "training.learning_rate": 1e-4,
        "training.differential_learning_rate": 1e-4,
        "training.batch_size": 16,
        "training.epochs": 5,
        "prediction.metric": "mAP",
        "prediction.top_k_similar": 50,
        "logging.number_of_texts": 10,
    }
    assert {key: flat[key] for key in expected} == expected
