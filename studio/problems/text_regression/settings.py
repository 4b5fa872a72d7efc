"""Settings of text regression."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.dataset import NumericLabelsMixin, UnlabeledMixin
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.losses import RegressionLossMixin
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


class DatasetSection(NumericLabelsMixin, UnlabeledMixin, TextDatasetSection):
    """Texts with numbers."""

    title: ClassVar[str] = "Dataset"


class Training(InterpretationsMixin, HeadLayersMixin, RegressionLossMixin, TextTrainingSection):
    """Loss and layer groups."""

    title: ClassVar[str] = "Training"


class Prediction(SettingsSection):
    """How numbers are scored."""

    title: ClassVar[str] = "Prediction"

    metric: Annotated[
        Literal["MAE", "MSE", "RMSE", "MAPE", "SMAPE", "R2"],
        Setting(label="Metric", help="The figure that validation reports and that chooses the best checkpoint."),
    ] = "MAE"


class TextRegressionSettings(SettingsSchema):
    """All settings of text regression."""

    problem_type: ClassVar[str] = "text_regression"

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
