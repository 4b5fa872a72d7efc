"""Answerer: a transformer with a layer for the start and the end of an answer."""

from typing import Annotated, Literal

from studio.settings.choices import Library
from studio.settings.schema import SettingsSection
from studio.settings.sections.text import LIBRARY, MINILM, SCRATCH_ENCODERS
from studio.settings.sections.training import layers_setting
from studio.settings.setting import Setting

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


class AnswererBackboneMixin(SettingsSection):
    """A transformer with a layer for the start and the end of the answer."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The transformer that reads question and context: any encoder of the Hugging Face hub by name, a "
            "folder below the home's weights folder, or a small one to train from scratch. Models with squad in "
            "their name are already fine-tuned for questions.",
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
