"""Wav2vec2: an encoder of sound that says for every 20 milliseconds which character is heard."""

from typing import Annotated, Literal

from pydantic import Field

from studio.settings.choices import Library
from studio.settings.condition import when, when_more
from studio.settings.schema import SettingsSection
from studio.settings.sections.inputs.speech import WINDOW_SECONDS
from studio.settings.sections.text import LIBRARY
from studio.settings.sections.training import layers_setting
from studio.settings.setting import ExperienceLevel, Setting

SCRATCH_WAV2VEC2 = "scratch/wav2vec2-mini"
"""A small architecture that comes with the studio, without weights."""
TRAINING_TRANSCRIPTS = "Training transcripts"
BACKBONES = (
    "facebook/wav2vec2-base-960h",
    "facebook/wav2vec2-base",
    "facebook/wav2vec2-large-960h-lv60-self",
    "facebook/wav2vec2-large-xlsr-53",
    "facebook/wav2vec2-xls-r-300m",
    SCRATCH_WAV2VEC2,
)


class Wav2vec2Section(SettingsSection):
    """Which Wav2vec2."""

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The Wav2vec2 model: any of the Hugging Face hub by name, a folder below the home's weights folder, "
            "or a small one to train from scratch. One that was trained to transcribe keeps its characters where they "
            "are enough for your transcripts; else new ones are learned.",
            choices=Library(LIBRARY, BACKBONES),
            grid=True,
            paper="https://arxiv.org/abs/2006.11477",
        ),
    ] = BACKBONES[0]


class TrainingSecondsMixin(SettingsSection):
    """The longest recording to learn from."""

    max_training_seconds: Annotated[
        float,
        Field(ge=0.5, le=WINDOW_SECONDS),
        Setting(
            label="Max training seconds",
            help="Longer recordings are left out of training, since nobody knows which words belong to a piece of "
            "them; the log lists their rows. Shorter takes less memory. Predictions read every recording to its end.",
            unit="s",
            level=ExperienceLevel.SKILLED,
        ),
    ] = WINDOW_SECONDS


class Wav2vec2LayersMixin(SettingsSection):
    """Layer groups of an encoder with a head."""

    differential_learning_rate_layers: Annotated[
        tuple[Literal["Encoder", "Head"], ...],
        layers_setting(". A lower rate for the encoder keeps what it has heard before"),
    ] = ()


class CtcDecodingMixin(SettingsSection):
    """How characters of every moment become a text."""

    inference_chunk_seconds: Annotated[
        float,
        Field(ge=2, le=WINDOW_SECONDS),
        Setting(
            label="Inference chunk seconds",
            help="How much of a recording is heard at once. Shorter takes less memory.",
            unit="s",
            level=ExperienceLevel.EXPERT,
        ),
    ] = WINDOW_SECONDS
    num_beams: Annotated[
        int,
        Field(ge=1, le=100),
        Setting(
            label="Num beams",
            help="The number of beams in prefix beam search, which adds up all the ways in which a text can be heard. "
            "1 takes the likeliest character of every moment.",
            level=ExperienceLevel.SKILLED,
            paper="https://arxiv.org/abs/1408.2873",
        ),
    ] = 1
    language_model: Annotated[
        Literal["Off", "Training transcripts"],
        Setting(
            label="Language model",
            help="Counts which characters follow each other in the training transcripts, so that "
            "beam search prefers texts that read like them. It helps where words are spelled by ear, and does harm "
            "where new recordings speak of other things.",
            visible_if=when_more("prediction.num_beams", 1),
            level=ExperienceLevel.SKILLED,
            paper="https://arxiv.org/abs/1408.2873",
        ),
    ] = "Off"
    language_model_weight: Annotated[
        float,
        Field(ge=0, le=5),
        Setting(
            label="Language model weight",
            help="How much the language model counts beside what is heard.",
            visible_if=when("prediction.language_model", TRAINING_TRANSCRIPTS),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 0.5
