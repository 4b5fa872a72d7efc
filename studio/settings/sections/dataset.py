"""Dataset: which rows are trained on and which are held out."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import Columns, Folders, Folds, LabelValues, Tables
from studio.settings.condition import when, when_less, when_longer, when_not
from studio.settings.schema import SettingsSection
from studio.settings.setting import ExperienceLevel, Setting

STRATEGY = "dataset.validation_strategy"


class DatasetSection(SettingsSection):
    """Tables, validation and sampling; every problem type has these."""

    title: ClassVar[str] = "Dataset"

    train_dataframe: Annotated[
        str | None,
        Setting(
            label="Train dataframe",
            help="The table to train on. None skips training: the model of another experiment, or the pretrained "
            "model, predicts the test dataframe.",
            choices=Tables(),
        ),
    ] = ""
    validation_strategy: Annotated[
        Literal["kfold", "group_kfold", "custom", "automatic"],
        Setting(
            label="Validation strategy",
            help="How rows are held out to validate the model on unseen data.",
            labels=(
                ("kfold", "K-fold cross validation"),
                ("group_kfold", "Grouped k-fold cross validation"),
                ("custom", "Custom holdout validation"),
                ("automatic", "Automatic holdout validation"),
            ),
            visible_if=when_not("dataset.train_dataframe", None),
            level=ExperienceLevel.SKILLED,
        ),
    ] = "kfold"
    validation_dataframe: Annotated[
        str | None,
        Setting(
            label="Validation dataframe",
            help="The table to validate on. No rows of the train dataframe are held out then.",
            choices=Tables(),
            visible_if=when(STRATEGY, "custom"),
            level=ExperienceLevel.SKILLED,
        ),
    ] = None
    validation_size: Annotated[
        float,
        Field(ge=0.01, le=0.95),
        Setting(
            label="Validation size",
            help="The fraction of rows held out, sampled at random and stratified by class.",
            visible_if=when(STRATEGY, "automatic"),
            step=0.01,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 0.2
    fold_column: Annotated[
        str | None,
        Setting(
            label="Fold column",
            help="The column with the fold of each row. None creates five folds, unless a column is named fold.",
            choices=Columns(kinds=("integer", "text"), allows_none=True),
            visible_if=when(STRATEGY, "kfold"),
            level=ExperienceLevel.EXPERT,
        ),
    ] = None
    group_fold_column: Annotated[
        str | None,
        Setting(
            label="Group fold column",
            help="Rows with the same value are never split between training and validation.",
            choices=Columns(allows_none=True),
            visible_if=when(STRATEGY, "group_kfold"),
            level=ExperienceLevel.SKILLED,
        ),
    ] = None
    selected_folds: Annotated[
        tuple[str, ...],
        Field(min_length=1),
        Setting(
            label="Selected folds",
            help="Each selected fold gives one run that validates on it and trains on the rest.",
            choices=Folds(),
            visible_if=when_not(STRATEGY, "custom"),
            level=ExperienceLevel.SKILLED,
        ),
    ] = ("0",)
    test_dataframe: Annotated[
        str | None,
        Setting(
            label="Test dataframe",
            help="A table that the finished model predicts. If it has labels, metrics are computed.",
            choices=Tables(),
        ),
    ] = None
    data_sample: Annotated[
        float,
        Field(gt=0, le=1),
        Setting(
            label="Data sample",
            help="The fraction of rows to use. Less than 1 is for quick trials; use all rows for the final model.",
            step=0.05,
            level=ExperienceLevel.SKILLED,
        ),
    ] = 1.0
    data_sample_choice: Annotated[
        tuple[Literal["Train", "Validation"], ...],
        Setting(
            label="Data sample choice",
            help="Which rows the sample is taken from.",
            visible_if=when_less("dataset.data_sample", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = ("Train", "Validation")


class MediaDatasetSection(DatasetSection):
    """Rows that name files."""

    data_folder: Annotated[
        str,
        Setting(
            label="Data folder",
            help="The folder of the dataset that holds the files which the tables name.",
            choices=Folders(allows_none=False),
        ),
    ] = "."
    data_folder_test: Annotated[
        str | None,
        Setting(
            label="Data folder test",
            help="The folder with the files of the test dataframe. None takes the data folder.",
            choices=Folders(),
            visible_if=when_not("dataset.test_dataframe", None),
            level=ExperienceLevel.SKILLED,
        ),
    ] = None


class ImageDatasetSection(MediaDatasetSection):
    """Rows that name images."""

    image_column: Annotated[
        str,
        Setting(label="Image column", help="The column with the image file names.", choices=Columns()),
    ] = ""


class AudioDatasetSection(MediaDatasetSection):
    """Rows that name recordings."""

    audio_column: Annotated[
        str,
        Setting(label="Audio column", help="The column with the audio file names.", choices=Columns()),
    ] = ""


class UnlabeledMixin(SettingsSection):
    """Rows without labels that a model labels for itself."""

    unlabeled_dataframe: Annotated[
        str | None,
        Setting(
            label="Unlabeled dataframe",
            help="A table of inputs without labels. The model trains, adds pseudo labels to the rows it predicts "
            "with high confidence, and trains again on both. Files that it names lie in the data folder. It "
            "takes about twice the time or more.",
            choices=Tables(),
            visible_if=when_not("dataset.train_dataframe", None),
            level=ExperienceLevel.EXPERT,
            paper="https://arxiv.org/abs/1908.02983",
        ),
    ] = None


class LabelsMixin(SettingsSection):
    """Label columns of classification."""

    label_columns: Annotated[
        tuple[str, ...],
        Setting(
            label="Label columns",
            help="One column with the classes, or several columns of 0 and 1, one a class.",
            choices=Columns(),
        ),
    ] = ()
    positive_class: Annotated[
        str | None,
        Setting(
            label="Positive class",
            help="With two classes: the one that precision, recall and the threshold refer to. None uses 1, true "
            "or yes, else the last in alphabetical order.",
            choices=LabelValues(),
            level=ExperienceLevel.SKILLED,
            visible_if=when_not("dataset.task", "multi-class", "multi-label"),
        ),
    ] = None


class NumericLabelsMixin(SettingsSection):
    """Label columns of regression."""

    label_columns: Annotated[
        tuple[str, ...],
        Setting(
            label="Label columns",
            help="The columns with the numbers to predict; one model predicts all of them.",
            choices=Columns(kinds=("number", "integer", "boolean")),
        ),
    ] = ()
    missing_targets: Annotated[
        Literal["Mask", "Leave out"],
        Setting(
            label="Missing targets",
            help="Rows that lack some of several numbers: Mask trains on the numbers that are present, Leave out "
            "drops the row.",
            visible_if=when_longer("dataset.label_columns", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = "Mask"


class IdentityMixin(SettingsSection):
    """The label column of metric learning."""

    label_columns: Annotated[
        str,
        Setting(
            label="Label columns",
            help="The column with the group or identity of each row. Validation and test may have other labels "
            "than training.",
            choices=Columns(),
        ),
    ] = ""
