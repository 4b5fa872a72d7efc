"""Settings of text classification."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.dataset import LabelsMixin, UnlabeledMixin
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.losses import ClassificationLossMixin
from studio.settings.sections.prediction import ThresholdSection
from studio.settings.sections.text import (
    HeadLayersMixin,
    InterpretationsMixin,
    PaddedTokenizerSection,
    PooledTransformerSection,
    TextDatasetSection,
    TextTrainingSection,
    TokenMaskSection,
)
from studio.settings.sections.text_checks import text_contradictions, truncation
from studio.settings.setting import Setting

Metric = Literal["LogLoss", "ROC_AUC", "F1", "F2", "F05", "Precision", "Recall", "Accuracy", "MCC"]


class DatasetSection(LabelsMixin, UnlabeledMixin, TextDatasetSection):
    """Texts with labels."""

    title: ClassVar[str] = "Dataset"


class Training(InterpretationsMixin, HeadLayersMixin, ClassificationLossMixin, TextTrainingSection):
    """Loss and layer groups."""

    title: ClassVar[str] = "Training"


class Prediction(ThresholdSection):
    """Metric and threshold."""

    metric: Annotated[
        Metric,
        Setting(label="Metric", help="The figure that validation reports and that chooses the best checkpoint."),
    ] = "ROC_AUC"


class TextClassificationSettings(SettingsSchema):
    """All settings of text classification."""

    problem_type: ClassVar[str] = "text_classification"

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    tokenizer: PaddedTokenizerSection = PaddedTokenizerSection()
    augmentation: TokenMaskSection = TokenMaskSection()
    architecture: PooledTransformerSection = PooledTransformerSection()
    training: Training = Training()
    prediction: Prediction = Prediction()
    environment: CachedEnvironmentSection = CachedEnvironmentSection()
    logging: TextLoggingSection = TextLoggingSection()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from text_contradictions(self, context)
        yield from truncation(context, "text", "tokenizer.max_length", self.tokenizer.max_length)
        if self.training.loss_function == "CrossEntropy" and context.facts.get("dataset.task") == "multi-label":
            yield Finding(
                code="contradiction",
                path="training.loss_function",
                message="CrossEntropy picks one class, and here a text can have several.",
                found="CrossEntropy",
                expected="Automatic, BCE or Focal",
                fix="Use Automatic, which takes BCE.",
            )
