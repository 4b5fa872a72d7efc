"""Settings of text sequence to sequence."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Columns, Library
from studio.settings.condition import when
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.environment import CachedEnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.losses import TokenLossMixin
from studio.settings.sections.text import (
    LIBRARY,
    MINILM,
    SCRATCH_TRANSLATORS,
    SingleTextDatasetSection,
    TextTrainingSection,
    TokenizerSection,
    TokenMaskSection,
    TransformerSection,
)
from studio.settings.sections.text_checks import text_contradictions, truncation
from studio.settings.sections.training import BatchSize, EvaluateBeforeTraining
from studio.settings.setting import ExperienceLevel, Setting

BACKBONES = (
    "sshleifer/distilbart-cnn-12-6",
    "t5-small",
    "google-t5/t5-base",
    "google/flan-t5-small",
    "facebook/bart-base",
    MINILM,
    *SCRATCH_TRANSLATORS,
)


class DatasetSection(SingleTextDatasetSection):
    """Texts with the texts to write from them."""

    title: ClassVar[str] = "Dataset"

    label_columns: Annotated[
        str,
        Setting(label="Label columns", help="The column with the text to write.", choices=Columns()),
    ] = ""


class Tokenizer(TokenizerSection):
    """The text to write has its own limit."""

    title: ClassVar[str] = "Tokenizer"

    label_max_length: Annotated[
        int,
        Field(ge=4, le=65_536),
        Setting(
            label="Label max length",
            help="The most tokens of a target text that the model learns from; what is longer is cut.",
            unit="tokens",
            grid=True,
            grid_values=(32, 64, 128, 256),
        ),
    ] = 128


class Architecture(TransformerSection):
    """An encoder that reads and a decoder that writes."""

    title: ClassVar[str] = "Architecture"

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The model that reads and writes: any encoder-decoder of the Hugging Face hub by name, a folder below "
            "the home's weights folder, or a small one to train from scratch. An encoder, such as MiniLM, is used "
            "twice: as reader and, with new cross-attention, as writer.",
            choices=Library(LIBRARY, BACKBONES),
            grid=True,
            paper="https://arxiv.org/abs/1907.12461",
        ),
    ] = "sshleifer/distilbart-cnn-12-6"


class Training(TokenLossMixin, TextTrainingSection):
    """Loss and layer groups; pretrained models write without training."""

    title: ClassVar[str] = "Training"

    batch_size: BatchSize = 4
    evaluate_before_training: EvaluateBeforeTraining = True
    differential_learning_rate_layers: Annotated[
        tuple[Literal["Encoder", "Decoder"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate. Word vectors that both share go with the encoder.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()


class Prediction(SettingsSection):
    """How texts are written and scored."""

    title: ClassVar[str] = "Prediction"

    metric: Annotated[
        Literal["BLEU", "CHRF", "TER"],
        Setting(
            label="Metric",
            help="The figure that validation reports and that chooses the best checkpoint.",
            labels=(("CHRF", "chrF++"),),
        ),
    ] = "BLEU"
    max_length: Annotated[
        int,
        Field(ge=1, le=4096),
        Setting(
            label="Max length",
            help="The most tokens that are written. Longer answers take longer to predict.",
            unit="tokens",
        ),
    ] = 128
    num_beams: Annotated[
        int,
        Field(ge=1, le=32),
        Setting(
            label="Num beams",
            help="How many beginnings are followed at a time. More can be better and takes longer; 1 always takes the "
            "likeliest next word.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 1
    do_sample: Annotated[
        bool,
        Setting(
            label="Do sample",
            help="Draw each next word by its probability instead of taking the likeliest. Texts vary more.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = False
    temperature: Annotated[
        float,
        Field(gt=0, le=10),
        Setting(
            label="Temperature",
            help="How bold the draws are: below 1 stays with likely words, above 1 dares unlikely ones.",
            step=0.05,
            visible_if=when("prediction.do_sample", True),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 1.0


class TextSequenceToSequenceSettings(SettingsSchema):
    """All settings of text sequence to sequence."""

    problem_type: ClassVar[str] = "text_sequence_to_sequence"
    is_useful_untrained: ClassVar[bool] = True

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    tokenizer: Tokenizer = Tokenizer()
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
        yield from truncation(context, "label", "tokenizer.label_max_length", self.tokenizer.label_max_length)
