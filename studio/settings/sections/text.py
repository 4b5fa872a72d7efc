"""Text: which columns are read, how they become tokens, and what encoders of tokens have in common."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import Columns, Library
from studio.settings.condition import when_longer
from studio.settings.schema import SettingsSection
from studio.settings.sections.architecture import PretrainedSection, dropout_setting
from studio.settings.sections.dataset import DatasetSection
from studio.settings.sections.training import (
    BatchSize,
    DifferentialLearningRate,
    Epochs,
    LearningRate,
    TrainingSection,
)
from studio.settings.setting import ExperienceLevel, Setting

SCRATCH_ENCODERS = ("scratch/bert-mini", "scratch/bert-small")
SCRATCH_TRANSLATORS = ("scratch/t5-mini", "scratch/t5-small")
"""Small architectures that come with the studio, without weights; their tokenizer is trained on the dataset."""
SCRATCH = "scratch/"
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
ENCODERS = (
    MINILM,
    "bert-base-uncased",
    "bert-base-cased",
    "distilbert-base-uncased",
    "distilbert-base-cased",
    "roberta-base",
    "roberta-large",
    "microsoft/deberta-v3-small",
    "microsoft/deberta-v3-base",
    "google/electra-small-discriminator",
    "xlm-roberta-base",
    "answerdotai/ModernBERT-base",
    *SCRATCH_ENCODERS,
)
LIBRARY = "Hugging Face"

Dropout = Annotated[float, Field(ge=0, lt=1), dropout_setting((0.0, 0.1, 0.3))]
GradientCheckpointing = Annotated[
    bool,
    Setting(
        label="Gradient checkpointing",
        help="Recompute activations in the backward pass instead of storing them. Slower; for models that do "
        "not fit into memory. A backbone that cannot do it ends the run with a message.",
        level=ExperienceLevel.EXPERT,
    ),
]


class TextDatasetSection(DatasetSection):
    """Rows with one or more texts that become one input."""

    text_column: Annotated[
        tuple[str, ...],
        Setting(
            label="Text column",
            help="The column with the input text. Several are joined in this order, with a separator in between.",
            choices=Columns(),
        ),
    ] = ()
    separator: Annotated[
        str,
        Setting(
            label="Separator",
            help="The text between joined columns. Empty uses the separator token of the backbone.",
            visible_if=when_longer("dataset.text_column", 1),
            level=ExperienceLevel.EXPERT,
        ),
    ] = ""


class SingleTextDatasetSection(DatasetSection):
    """Rows with one text, or one list of words."""

    text_column: Annotated[
        str,
        Setting(label="Text column", help="The column with the input text.", choices=Columns()),
    ] = ""


def max_length_setting(words: str, grid_values: tuple[int, ...] = (64, 128, 256, 512)) -> Setting:
    """The choice of how many tokens a model sees at once."""
    return Setting(label="Max length", help=words, unit="tokens", grid=True, grid_values=grid_values)


class TokenizerSection(SettingsSection):
    """How texts become tokens."""

    title: ClassVar[str] = "Tokenizer"

    lowercase: Annotated[
        bool,
        Setting(
            label="Lowercase",
            help="Turn every text into lower case first, in training and in prediction.",
            grid=True,
        ),
    ] = False
    max_length: Annotated[
        int,
        Field(ge=8, le=65_536),
        max_length_setting(
            "The maximum number of tokens of a text; longer texts are truncated. More takes more memory and time."
        ),
    ] = 128
    batches_by_length: Annotated[
        bool,
        Setting(
            label="Batches by length",
            help="Batch texts of similar length, to reduce padding. The batches themselves still come in random order.",
            level=ExperienceLevel.MASTER,
        ),
    ] = True


class PaddedTokenizerSection(TokenizerSection):
    """Texts whose batches may be cut to a quantile of their lengths."""

    padding_quantile: Annotated[
        float,
        Field(gt=0, le=1),
        Setting(
            label="Padding quantile",
            help="Pad a training batch to this quantile of its lengths and truncate longer texts. Below 1 is "
            "faster but loses the ends of long texts. Prediction always keeps texts up to Max length.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1.0


class TokenMaskSection(SettingsSection):
    """Tokens hidden at random."""

    title: ClassVar[str] = "Augmentation"

    token_mask_probability: Annotated[
        float,
        Field(ge=0, le=0.9),
        Setting(
            label="Token mask probability",
            help="The share of tokens of each training text that are replaced by the mask token, anew in every epoch.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(0.0, 0.1, 0.2),
        ),
    ] = 0.0


class TransformerSection(PretrainedSection):
    """What every transformer of texts has."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The transformer that reads the text: any encoder of the Hugging Face hub by name, a folder below the "
            "home's weights folder, or a small one to train from scratch.",
            choices=Library(LIBRARY, ENCODERS),
            grid=True,
        ),
    ] = "bert-base-uncased"
    gradient_checkpointing: GradientCheckpointing = False
    intermediate_dropout: Annotated[
        float,
        Field(ge=0, le=0.9),
        Setting(
            label="Intermediate dropout",
            help="The dropout rate inside the transformer's layers while training.",
            step=0.05,
            level=ExperienceLevel.EXPERT,
        ),
    ] = 0.0


class PooledTransformerSection(TransformerSection):
    """A transformer whose tokens become one vector a text."""

    pool: Annotated[
        Literal["[CLS] token", "Average", "Max", "GeM"],
        Setting(
            label="Pool",
            help="How the vectors of the tokens become one. GeM learns a mean between Average and Max.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper="https://arxiv.org/abs/1711.02512",
        ),
    ] = "[CLS] token"
    dropout: Dropout = 0.0


class TextTrainingSection(TrainingSection):
    """Transformers take small steps and few epochs."""

    learning_rate: LearningRate = 1e-5
    differential_learning_rate: DifferentialLearningRate = 1e-5
    batch_size: BatchSize = 16
    epochs: Epochs = 2
