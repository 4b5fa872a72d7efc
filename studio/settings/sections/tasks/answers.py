"""Answers: stretches of a text, how many are given, and the models that find them."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.choices import Columns, Library
from studio.settings.schema import SettingsSection
from studio.settings.sections.text import LIBRARY, MINILM, SCRATCH_ENCODERS
from studio.settings.sections.training import layers_setting
from studio.settings.setting import ExperienceLevel, Setting

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


class AnswersMixin(SettingsSection):
    """The columns of answers, and how many are given."""

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


class AnswererBackboneMixin(SettingsSection):
    """A transformer with a layer for the start and the end of the answer."""

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


class AnswererLayersMixin(SettingsSection):
    """Layer groups of a transformer that answers questions."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Backbone", "qa_outputs"], ...],
        layers_setting(". qa_outputs is the layer that finds start and end"),
    ] = ()
