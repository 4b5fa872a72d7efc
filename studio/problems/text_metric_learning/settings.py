"""Settings of text metric learning."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Columns, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.losses import MetricLearningLossMixin
from studio.settings.sections.text import (
    ENCODERS,
    LIBRARY,
    PaddedTokenizerSection,
    PooledTransformerSection,
    TextDatasetSection,
    TextTrainingSection,
    TokenMaskSection,
)
from studio.settings.sections.text_checks import text_contradictions, truncation
from studio.settings.sections.training import DifferentialLearningRate, Epochs, LearningRate
from studio.settings.setting import ExperienceLevel, Setting


class DatasetSection(TextDatasetSection):
    """Texts with the label that tells which belong together."""

    title: ClassVar[str] = "Dataset"

    label_columns: Annotated[
        str,
        Setting(
            label="Label columns",
            help="The column that says which texts belong together. Validation and test may have other labels than "
            "training.",
            choices=Columns(),
        ),
    ] = ""


class Architecture(PooledTransformerSection):
    """Backbone, pooling, dropout and the neck that gives the embedding."""

    title: ClassVar[str] = "Architecture"

    embedding_size: Annotated[
        int,
        Field(ge=2, le=8192),
        Setting(
            label="Embedding size",
            help="How many numbers stand for a text. Fewer generalize more and take less room, more tell finer "
            "differences.",
            grid=True,
            grid_values=(128, 256, 512),
        ),
    ] = 512
    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The transformer that reads the text: any encoder of the Hugging Face hub by name, a folder below the "
            "home's weights folder, or a small one to train from scratch.",
            choices=Library(LIBRARY, ENCODERS),
            grid=True,
        ),
    ] = "distilbert-base-uncased"
    pool: Annotated[
        Literal["[CLS] token", "Average", "Max", "GeM"],
        Setting(
            label="Pool",
            help="How the vectors of the tokens become one. GeM learns a mean between Average and Max.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper="https://arxiv.org/abs/1711.02512",
        ),
    ] = "Average"


class Training(MetricLearningLossMixin, TextTrainingSection):
    """Loss and layer groups."""

    title: ClassVar[str] = "Training"

    learning_rate: LearningRate = 1e-4
    differential_learning_rate: DifferentialLearningRate = 1e-4
    epochs: Epochs = 5
    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "Neck", "Loss"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate: the transformer, the layer that makes the embedding, "
            "and the label centres of the loss.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()


class Prediction(SettingsSection):
    """How embeddings are compared and scored."""

    title: ClassVar[str] = "Prediction"

    metric: Annotated[
        Literal["mAP", "Recall_at_1", "Recall_at_5", "Recall_at_10"],
        Setting(
            label="Metric",
            help="The figure that validation reports and that chooses the best checkpoint.",
            labels=(("Recall_at_1", "Recall at 1"), ("Recall_at_5", "Recall at 5"), ("Recall_at_10", "Recall at 10")),
        ),
    ] = "mAP"
    top_k_similar: Annotated[
        int,
        Field(ge=1, le=1000),
        Setting(
            label="Top K similar",
            help="How many of the most similar texts are kept for each one. It decides what is written and how far "
            "metrics look, and does not change training.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 50


class TextMetricLearningSettings(SettingsSchema):
    """All settings of text metric learning."""

    problem_type: ClassVar[str] = "text_metric_learning"

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    tokenizer: PaddedTokenizerSection = PaddedTokenizerSection()
    augmentation: TokenMaskSection = TokenMaskSection()
    architecture: Architecture = Architecture()
    training: Training = Training()
    prediction: Prediction = Prediction()
    environment: CachedEnvironmentSection = CachedEnvironmentSection()
    logging: TextLoggingSection = TextLoggingSection()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from text_contradictions(self, context)
        yield from truncation(context, "text", "tokenizer.max_length", self.tokenizer.max_length)
