"""Settings of text token classification."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Columns
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.environment import EnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.losses import TokenLossMixin
from studio.settings.sections.text import (
    Dropout,
    SingleTextDatasetSection,
    TextTrainingSection,
    TokenizerSection,
    TokenMaskSection,
    TransformerSection,
)
from studio.settings.sections.text_checks import text_contradictions
from studio.settings.sections.training import HeadLayersMixin
from studio.settings.setting import ExperienceLevel, Setting


class DatasetSection(SingleTextDatasetSection):
    """Lists of words with lists of tags."""

    title: ClassVar[str] = "Dataset"

    text_column: Annotated[
        str,
        Setting(
            label="Text column",
            help="The column with a list of words.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""
    label_columns: Annotated[
        str,
        Setting(
            label="Label columns",
            help="The column with a list of tags, one a word, such as B-PER, I-PER and O.",
            choices=Columns(kinds=("list", "text")),
        ),
    ] = ""


class Tokenizer(TokenizerSection):
    """Rows longer than a window are read in several that overlap."""

    title: ClassVar[str] = "Tokenizer"

    max_length: Annotated[
        int,
        Field(ge=16, le=65_536),
        Setting(
            label="Max length",
            help="Tokens of a row that the model sees at once. A longer row is read in several windows that overlap, "
            "so that every word gets a tag. More takes more memory and time.",
            unit="tokens",
            grid=True,
            grid_values=(64, 128, 256, 512),
        ),
    ] = 128


class Architecture(TransformerSection):
    """A transformer with one linear layer on every word."""

    title: ClassVar[str] = "Architecture"

    dropout: Dropout = 0.0


class Training(HeadLayersMixin, TokenLossMixin, TextTrainingSection):
    """Loss and layer groups."""

    title: ClassVar[str] = "Training"


class Prediction(SettingsSection):
    """How tags are scored."""

    title: ClassVar[str] = "Prediction"

    metric: Annotated[
        Literal["CONLL_MICRO_F1_SCORE", "CONLL_MACRO_F1_SCORE", "MICRO_F1_SCORE", "MACRO_F1_SCORE"],
        Setting(
            label="Metric",
            help="The figure that validation reports and that chooses the best checkpoint. The CoNLL figures count "
            "whole entities, the others single words.",
            labels=(
                ("CONLL_MICRO_F1_SCORE", "CoNLL micro F1"),
                ("CONLL_MACRO_F1_SCORE", "CoNLL macro F1"),
                ("MICRO_F1_SCORE", "Micro F1"),
                ("MACRO_F1_SCORE", "Macro F1"),
            ),
        ),
    ] = "MICRO_F1_SCORE"


class Logging(TextLoggingSection):
    """Records of tagged texts."""

    title: ClassVar[str] = "Logging"

    ignore_classes: Annotated[
        str,
        Setting(
            label="Ignore classes",
            help="Tags that are not marked in texts, with commas in between. NOT_WORD_START stands for the tokens "
            "inside a word.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = "O,NOT_WORD_START"


class TextTokenClassificationSettings(SettingsSchema):
    """All settings of text token classification."""

    problem_type: ClassVar[str] = "text_token_classification"

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    tokenizer: Tokenizer = Tokenizer()
    augmentation: TokenMaskSection = TokenMaskSection()
    architecture: Architecture = Architecture()
    training: Training = Training()
    prediction: Prediction = Prediction()
    environment: EnvironmentSection = EnvironmentSection()
    logging: Logging = Logging()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from text_contradictions(self, context)
