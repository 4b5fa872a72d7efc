"""Contradictions among shared settings that every trained problem type refuses or warns about."""

from collections.abc import Iterator

from studio.settings.augmentations import parse_pipeline
from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.augmentation import CUSTOM_INFERENCE, CUSTOM_TRAIN
from studio.settings.value_checks import warning

TRAIN_ROWS = "dataset.train_rows"
"""The fact that says how many rows the dataset's train table has; 0 if it has none."""


def training_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """What does not go together in the dataset, training and environment sections."""
    yield from _custom_augmentations(settings)
    value = settings.value
    if value("dataset.train_dataframe") is None:
        yield from _prediction_only(settings)
        return
    strategy = value("dataset.validation_strategy")
    if strategy == "custom" and value("dataset.validation_dataframe") is None:
        yield Finding(
            code="missing",
            path="dataset.validation_dataframe",
            message="Custom holdout validation needs a validation dataframe.",
            found="None",
            expected="a table of the dataset",
            fix="Choose a table, or another validation strategy.",
        )
    if strategy == "custom" and value("dataset.validation_dataframe") == value("dataset.train_dataframe"):
        yield warning(
            "dataset.validation_dataframe",
            "leak",
            "The model is validated on its training rows, so its metrics say nothing about new data.",
            "Choose another table.",
            found=str(value("dataset.validation_dataframe")),
            expected="a table of other rows",
        )
    if strategy == "group_kfold" and value("dataset.group_fold_column") is None:
        yield Finding(
            code="missing",
            path="dataset.group_fold_column",
            message="Grouped k-fold needs a column that names the groups.",
            found="None",
            expected="a column",
            fix="Choose the column whose values must stay together.",
        )
    if value("training.warmup_epochs") > value("training.epochs") > 0:
        yield Finding(
            code="contradiction",
            path="training.warmup_epochs",
            message="The warm-up is longer than the training, so the full learning rate is never reached.",
            found=f"{value('training.warmup_epochs'):g} of {value('training.epochs')} epochs",
            expected=f"at most {value('training.epochs')}",
            fix="Lower the warm-up, or train for more epochs.",
        )
    gpus = value("environment.gpus")
    if len(set(gpus)) != len(gpus):
        yield Finding(
            code="duplicate",
            path="environment.gpus",
            message="A GPU is chosen twice.",
            found=", ".join(gpus),
            expected="each GPU once",
            fix="Choose each GPU once.",
        )
    yield from _few_rows(settings, int(context.facts.get(TRAIN_ROWS) or 0))
    if value("training.learning_rate") >= 1:
        yield warning(
            "training.learning_rate",
            "unusual",
            "A learning rate of 1 or more makes almost every training diverge.",
            "Try 0.001.",
            found=f"{value('training.learning_rate'):g}",
            expected="less than 1",
        )


def _few_rows(settings: SettingsSchema, rows: int) -> Iterator[Finding]:
    """A warning where one update would take more rows than the dataset's train table has."""
    if rows <= 0 or settings.value("dataset.train_dataframe") is None:
        return
    devices = min(len(settings.value("environment.gpus")), settings.value("environment.number_of_gpus_per_run"))
    taken = settings.value("training.batch_size") * max(1, devices)
    if taken > rows:
        yield warning(
            "training.batch_size",
            "few_rows",
            f"An update would use {taken:,} rows, and the table has {rows:,}: an epoch is a single smaller update.",
            "Use a smaller batch, so that an epoch has several updates.",
            found=f"{taken:,} rows an update",
            expected=f"fewer than {rows:,}",
        )


def _custom_augmentations(settings: SettingsSchema) -> Iterator[Finding]:
    """Names and arguments of the pipelines; whether they work on images shows when they are tried."""
    for key in (CUSTOM_TRAIN, CUSTOM_INFERENCE):
        if key in settings.fields() and key in settings.visible():
            size = (settings.value("image.image_width"), settings.value("image.image_height"))
            yield from parse_pipeline(settings.value(key), key, *size)[1]


def _prediction_only(settings: SettingsSchema) -> Iterator[Finding]:
    """Without a train dataframe there must be something to predict, and a model to predict it with."""
    if settings.value("dataset.test_dataframe") is None:
        yield Finding(
            code="missing",
            path="dataset.test_dataframe",
            message="There is neither a train nor a test dataframe, so there is nothing to do.",
            found="None",
            expected="a table of the dataset",
            fix="Choose the table to train on, or the one to predict.",
        )
    has_weights = settings.value("general.use_previous_experiment_weights")
    if not has_weights and not settings.is_useful_untrained:
        yield Finding(
            code="missing",
            path="dataset.train_dataframe",
            message="Without a train dataframe no model is trained, and no trained one is named.",
            found="None",
            expected="a train dataframe, or the weights of an experiment",
            fix="Choose a train dataframe; or choose From experiment, an experiment, and its weights.",
        )
