"""Translator: an encoder that reads and a decoder that writes."""

from typing import Annotated, Literal

from studio.settings.choices import Library
from studio.settings.schema import SettingsSection
from studio.settings.sections.text import LIBRARY, MINILM, SCRATCH_TRANSLATORS
from studio.settings.sections.training import layers_setting
from studio.settings.setting import Setting

BACKBONES = (
    "sshleifer/distilbart-cnn-12-6",
    "t5-small",
    "google-t5/t5-base",
    "google/flan-t5-small",
    "facebook/bart-base",
    MINILM,
    *SCRATCH_TRANSLATORS,
)


class TranslatorBackboneMixin(SettingsSection):
    """An encoder that reads and a decoder that writes."""

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


class TranslatorLayersMixin(SettingsSection):
    """Layer groups of an encoder with a decoder."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Encoder", "Decoder"], ...],
        layers_setting(". Word vectors that both share go with the encoder"),
    ] = ()
