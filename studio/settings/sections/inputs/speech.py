"""Speech: recordings of people speaking, at the rate that speech models hear."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from studio.settings.choices import ChoiceContext
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.architecture import PretrainedSection
from studio.settings.sections.text import GradientCheckpointing
from studio.settings.sections.training import (
    BatchSize,
    DifferentialLearningRate,
    Epochs,
    EvaluateBeforeTraining,
    LearningRate,
    TrainingSection,
)
from studio.settings.setting import ExperienceLevel, Setting
from studio.settings.value_checks import warning

SPEECH_RATE = 16_000
"""Samples a second that all published speech models were trained on."""
LONGEST_FACT = "dataset.longest_seconds"
"""The fact that says how long the longest recording is."""
LIMITS = ("audio.window_seconds", "audio.max_training_seconds")
"""The settings that say how long a recording may be that is learned from; a model has one of them."""
WINDOW_SECONDS = 30.0
"""What speech models hear at once, at most."""


class SpeechSection(SettingsSection):
    """Sample rate."""

    title: ClassVar[str] = "Audio"

    sample_rate: Annotated[
        int,
        Field(ge=4000, le=48_000),
        Setting(
            label="Sample rate",
            help="Recordings of other rates are resampled to it (soxr, high quality). Pretrained speech models were "
            "trained at 16000 Hz.",
            unit="Hz",
            level=ExperienceLevel.SKILLED,
        ),
    ] = SPEECH_RATE


class SpeechModelSection(PretrainedSection):
    """What every speech model has."""

    freeze_encoder: Annotated[
        bool,
        Setting(
            label="Freeze encoder",
            help="Keep the weights of what hears as they are, and train only what writes (Whisper: the decoder; "
            "Wav2vec2: all but the convolutions). It is faster, and keeps more of what was learned before.",
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = False
    gradient_checkpointing: GradientCheckpointing = False


class SpeechTrainingSection(TrainingSection):
    """Speech models take small steps and few epochs, and can write without any."""

    learning_rate: LearningRate = 1e-5
    differential_learning_rate: DifferentialLearningRate = 1e-5
    batch_size: BatchSize = 1
    epochs: Epochs = 3
    evaluate_before_training: EvaluateBeforeTraining = True


class SpeechWindowsMixin(SettingsSection):
    """In which pieces recordings are transcribed."""

    chunk_overlap_seconds: Annotated[
        float,
        Field(ge=0.5, le=10),
        Setting(
            label="Chunk overlap seconds",
            help="Recordings that are longer than what is heard at once are transcribed in overlapping chunks, which "
            "are joined where they overlap; nothing is left out. This is how long two neighbours overlap, at least; at "
            "most half a chunk. It must be long enough for a few words.",
            unit="s",
            level=ExperienceLevel.EXPERT,
        ),
    ] = 5.0
    duration_in_visualizations: Annotated[
        int,
        Field(ge=1, le=3600),
        Setting(
            label="Duration in visualizations",
            help="Samples show at most this many seconds of a recording, with the words in them. Metrics and "
            "predictions are of all of it.",
            unit="s",
            level=ExperienceLevel.SKILLED,
        ),
    ] = 60


def speech_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Pretrained weights that were trained on recordings of another rate, and recordings that are left out."""
    rate = settings.value("audio.sample_rate")
    if settings.value("architecture.pretrained") and rate != SPEECH_RATE:
        yield warning(
            "audio.sample_rate",
            "sample_rate",
            f"Pretrained speech models hear {SPEECH_RATE} samples a second; at {rate} all voices sound too fast or too "
            "slow to them.",
            f"Set it to {SPEECH_RATE}, or turn Pretrained off.",
            found=f"{rate} Hz",
            expected=f"{SPEECH_RATE} Hz",
        )
    key = next(one for one in LIMITS if one in settings.fields())
    longest, limit = context.facts.get(LONGEST_FACT), float(settings.value(key))
    if isinstance(longest, float) and longest > limit:
        yield warning(
            key,
            "long_recordings",
            f"Recordings longer than {limit:g} s are left out of training; predictions read them to their end.",
            "Cut long recordings into sentences, or raise the limit.",
            found=f"a recording of {longest:.1f} s",
            expected=f"at most {limit:g} s",
        )
