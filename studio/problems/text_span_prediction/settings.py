"""Settings of text span prediction."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Columns, Library
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.checks import training_contradictions
from studio.settings.sections.dataset import DatasetSection as BaseDatasetSection
from studio.settings.sections.environment import EnvironmentSection
from studio.settings.sections.general import GeneralSection
from studio.settings.sections.logging import TextLoggingSection
from studio.settings.sections.losses import TokenLossMixin
from studio.settings.sections.text import (
    LIBRARY,
    MINILM,
    SCRATCH_ENCODERS,
    TextTrainingSection,
    TokenizerSection,
    TokenMaskSection,
    TransformerSection,
)
from studio.settings.sections.text_checks import backbone_contradictions, missing_column, percent, share_of_long
from studio.settings.sections.training import EvaluateBeforeTraining
from studio.settings.setting import ExperienceLevel, Setting
from studio.settings.value_checks import warning

BACKBONES = (
    "distilbert-base-cased-distilled-squad",
    "distilbert-base-uncased-distilled-squad",
    "deepset/minilm-uncased-squad2",
    "deepset/roberta-base-squad2",
    "deepset/xlm-roberta-base-squad2",
    "bert-large-uncased-whole-word-masking-finetuned-squad",
    MINILM,
    "bert-base-uncased",
    "bert-base-cased",
    "roberta-base",
    *SCRATCH_ENCODERS,
)
"""Those with `squad` in their name already answer questions, before any training."""
SEVERAL = "Top_{}_Accuracy"


class DatasetSection(BaseDatasetSection):
    """Questions, contexts and answers."""

    title: ClassVar[str] = "Dataset"

    question_column: Annotated[
        str,
        Setting(label="Question column", help="The column with the question.", choices=Columns()),
    ] = ""
    context_column: Annotated[
        str,
        Setting(
            label="Context column",
            help="The column with the text that contains the answer.",
            choices=Columns(),
        ),
    ] = ""
    answer_column: Annotated[
        str,
        Setting(
            label="Answer column",
            help="The column with the answer, word for word as it stands in the context. An empty answer says that "
            "the context does not answer the question.",
            choices=Columns(),
        ),
    ] = ""
    answer_start_column: Annotated[
        str | None,
        Setting(
            label="Answer start column",
            help="The column with the position of the answer's first character in the context, from 0. None takes the "
            "first place where the answer occurs.",
            choices=Columns(allows_none=True),
            level=ExperienceLevel.SKILLED,
        ),
    ] = None
    number_of_predicted_answers: Annotated[
        int,
        Field(ge=1, le=20),
        Setting(
            label="Number of predicted answers",
            help="How many answers are computed and shown for a question, the likeliest first.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 3


class Tokenizer(TokenizerSection):
    """Contexts longer than a window are read in several that overlap."""

    title: ClassVar[str] = "Tokenizer"

    max_length: Annotated[
        int,
        Field(ge=16, le=65_536),
        Setting(
            label="Max length",
            help="Tokens of question and context that the model sees at once. A longer context is read in several "
            "windows. More takes more memory and time.",
            unit="tokens",
            grid=True,
            grid_values=(128, 256, 384, 512),
        ),
    ] = 256
    doc_stride: Annotated[
        int,
        Field(ge=0, le=65_536),
        Setting(
            label="Doc stride",
            help="Tokens of the context that neighbouring windows share, so that no answer is lost between two. It "
            "should be longer than the longest answer.",
            unit="tokens",
            level=ExperienceLevel.EXPERT,
            grid=True,
            grid_values=(32, 64, 128),
        ),
    ] = 64


class Architecture(TransformerSection):
    """A transformer with a layer for the start and the end of the answer."""

    title: ClassVar[str] = "Architecture"

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The transformer that reads question and context: any encoder of the Hugging Face hub by name, a "
            "folder below the home's weights folder, or a small one to train from scratch. Names with squad answer "
            "before any training.",
            choices=Library(LIBRARY, BACKBONES),
            grid=True,
        ),
    ] = "distilbert-base-cased-distilled-squad"


class Training(TokenLossMixin, TextTrainingSection):
    """Loss and layer groups; pretrained models answer without training."""

    title: ClassVar[str] = "Training"

    evaluate_before_training: EvaluateBeforeTraining = True
    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "qa_outputs"], ...],
        Setting(
            label="Differential learning rate layers",
            help="Layer groups that get their own learning rate. qa_outputs is the layer that finds start and end.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = ()


class Prediction(SettingsSection):
    """How answers are scored."""

    title: ClassVar[str] = "Prediction"

    metric: Annotated[
        Literal[
            "Jaccard",
            "F1",
            "Accuracy",
            "Top_2_Accuracy",
            "Top_3_Accuracy",
            "Top_4_Accuracy",
            "Top_5_Accuracy",
        ],
        Setting(
            label="Metric",
            help="The figure that validation reports and that chooses the best checkpoint. Top accuracies count a "
            "question as right if one of the first answers is.",
            labels=tuple((SEVERAL.format(count), f"Top {count} accuracy") for count in range(2, 6)),
        ),
    ] = "Jaccard"


class TextSpanPredictionSettings(SettingsSchema):
    """All settings of text span prediction."""

    problem_type: ClassVar[str] = "text_span_prediction"
    is_useful_untrained: ClassVar[bool] = True

    general: GeneralSection = GeneralSection()
    dataset: DatasetSection = DatasetSection()
    tokenizer: Tokenizer = Tokenizer()
    augmentation: TokenMaskSection = TokenMaskSection()
    architecture: Architecture = Architecture()
    training: Training = Training()
    prediction: Prediction = Prediction()
    environment: EnvironmentSection = EnvironmentSection()
    logging: TextLoggingSection = TextLoggingSection()

    def contradictions(self, context: ChoiceContext) -> Iterator[Finding]:
        """Settings that do not go together, in this problem type."""
        yield from training_contradictions(self, context)
        yield from backbone_contradictions(self)
        if context.columns:
            yield from self._missing_columns()
        if self.tokenizer.doc_stride >= self.tokenizer.max_length:
            yield Finding(
                code="contradiction",
                path="tokenizer.doc_stride",
                message="Neighbouring windows share more tokens than a window has, so the reading would never end.",
                found=f"{self.tokenizer.doc_stride} of {self.tokenizer.max_length} tokens",
                expected=f"below {self.tokenizer.max_length}, with room for the question",
                fix=f"Use {self.tokenizer.max_length // 4}.",
            )
        yield from self._answers_of_metric()
        yield from self._long_answers(context)

    def _missing_columns(self) -> Iterator[Finding]:
        roles = {"question_column": "question", "context_column": "context"}
        if self.dataset.train_dataframe is not None:
            roles["answer_column"] = "answer"
        for name, word in roles.items():
            if not getattr(self.dataset, name):
                fix = f"Choose the column with the {word}."
                yield missing_column(f"dataset.{name}", f"No {word} column is chosen.", fix)

    def _answers_of_metric(self) -> Iterator[Finding]:
        wanted = next((count for count in range(2, 6) if self.prediction.metric == SEVERAL.format(count)), 1)
        predicted = self.dataset.number_of_predicted_answers
        if wanted > predicted:
            yield Finding(
                code="contradiction",
                path="dataset.number_of_predicted_answers",
                message=f"The metric looks at the first {wanted} answers, and only {predicted} are predicted.",
                found=str(predicted),
                expected=f"at least {wanted}",
                fix=f"Predict {wanted} answers, or choose another metric.",
            )

    def _long_answers(self, context: ChoiceContext) -> Iterator[Finding]:
        """Answers that may lie across the border of two windows, whole in neither."""
        share = share_of_long(context, "answer", self.tokenizer.doc_stride)
        if share:
            yield warning(
                "tokenizer.doc_stride",
                "long_answers",
                f"{percent(share)} of the answers are longer than the {self.tokenizer.doc_stride} tokens that "
                "neighbouring windows share, and may be whole in none.",
                "Raise it above the longest answer.",
                found=f"{self.tokenizer.doc_stride} tokens",
                expected="more tokens than the longest answer has",
            )
