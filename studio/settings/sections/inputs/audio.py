"""Recordings: how sound becomes a spectrogram, in which pieces, and how it is varied."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from studio.settings.choices import ChoiceContext, Library
from studio.settings.condition import when
from studio.settings.finding import Finding
from studio.settings.schema import SettingsSchema, SettingsSection
from studio.settings.sections.architecture import (
    ArchitectureSection,
    BatchNormalization,
    batch_normalization_setting,
    dropout_setting,
)
from studio.settings.sections.augmentation import (
    MIXUP_PAPER,
    Concentration,
    Iterations,
    Share,
    mix_concentration_setting,
    mix_iterations_setting,
    mix_probability_setting,
    mix_target_setting,
)
from studio.settings.sections.image_backbone import BACKBONES, Pool
from studio.settings.sections.networks.speech_encoder import (
    BACKBONE,
    OF_SPECTROGRAMS,
    SPEECH_ENCODERS,
    FreezeEncoder,
    is_speech_encoder,
    of_spectrograms,
)
from studio.settings.setting import ExperienceLevel, Setting

PARAMETERS = "audio.audio_parameters"
MIX = "augmentation.mix_audio"
METHOD = "prediction.inference_chunk_method"
MANUAL = when(PARAMETERS, "Manual")
MANUAL_SPECTROGRAM = of_spectrograms(MANUAL)


class AudioSection(SettingsSection):
    """Sample rate, spectrogram and training chunks."""

    title: ClassVar[str] = "Audio"

    audio_parameters: Annotated[
        Literal["Auto", "Manual"],
        Setting(
            label="Audio parameters",
            help="Auto takes the most frequent sample rate of the training recordings, frequencies up to half of it, "
            "and chunks that are as long as 19 of 20 recordings, 60 seconds at most. Speech encoders always hear "
            "16 kHz, at most 30 seconds at once. The log says the values.",
            level=ExperienceLevel.SKILLED,
        ),
    ] = "Auto"
    sample_rate: Annotated[
        int,
        Field(ge=1000, le=192_000),
        Setting(
            label="Sample rate",
            help="Recordings of other rates are resampled to it (soxr, high quality).",
            unit="Hz",
            visible_if=MANUAL_SPECTROGRAM,
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = 32_000
    mel_frequency_bins: Annotated[
        int,
        Field(ge=16, le=512),
        Setting(
            label="Mel frequency bins",
            help="The height of the spectrogram: how finely frequencies are told apart.",
            visible_if=MANUAL_SPECTROGRAM,
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = 128
    minimum_frequency: Annotated[
        float,
        Field(ge=0, le=96_000),
        Setting(
            label="Minimum frequency",
            help="The lowest frequency of the spectrogram.",
            unit="Hz",
            visible_if=MANUAL_SPECTROGRAM,
            level=ExperienceLevel.EXPERT,
        ),
    ] = 50.0
    maximum_frequency: Annotated[
        float,
        Field(gt=0, le=96_000),
        Setting(
            label="Maximum frequency",
            help="The highest frequency of the spectrogram, at most half the sample rate.",
            unit="Hz",
            visible_if=MANUAL_SPECTROGRAM,
            level=ExperienceLevel.EXPERT,
        ),
    ] = 16_000.0
    hop_size: Annotated[
        int,
        Field(ge=16, le=16_384),
        Setting(
            label="Hop size",
            help="Samples from one column of the spectrogram to the next. Smaller resolves time more finely.",
            unit="samples",
            visible_if=MANUAL_SPECTROGRAM,
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = 512
    stft_window_size: Annotated[
        int,
        Field(ge=64, le=32_768),
        Setting(
            label="STFT window size",
            help="Samples of one column of the spectrogram. Larger tells frequencies apart better, and times worse.",
            unit="samples",
            visible_if=MANUAL_SPECTROGRAM,
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = 2048
    training_chunk_seconds: Annotated[
        float,
        Field(ge=0.1, le=600),
        Setting(
            label="Training chunk seconds",
            help="The length of the piece that training reads, from a random place of each recording.",
            unit="s",
            visible_if=MANUAL,
            level=ExperienceLevel.SKILLED,
            grid=True,
        ),
    ] = 5.0
    spectrogram: Annotated[
        Literal["Log-mel", "PCEN"],
        Setting(
            label="Spectrogram",
            help="How energies become values: their logarithm, or per-channel energy normalization, which suppresses "
            "constant noise.",
            visible_if=OF_SPECTROGRAMS,
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper="https://arxiv.org/abs/1607.05666",
        ),
    ] = "Log-mel"
    spectrogram_normalization: Annotated[
        Literal["No", "Per sample", "Global"],
        Setting(
            label="Spectrogram normalization",
            help="Per sample gives each spectrogram mean 0 and deviation 1, so that loudness does not matter. Global "
            "learns mean and deviation of every frequency from the training batches.",
            visible_if=OF_SPECTROGRAMS,
            level=ExperienceLevel.EXPERT,
            grid=True,
        ),
    ] = "No"


class AudioAugmentationSection(SettingsSection):
    """How strongly training recordings are varied."""

    title: ClassVar[str] = "Augmentation"

    augmentations_strategy: Annotated[
        Literal["Soft", "Medium", "Hard"],
        Setting(
            label="Augmentations strategy",
            help="Soft changes loudness and the place of short recordings. Medium adds noise, and masks times and "
            "frequencies of the spectrogram (SpecAugment); of encoders that hear samples, times alone. Hard does so "
            "more strongly and changes the speed.",
            level=ExperienceLevel.SKILLED,
            grid=True,
            paper="https://arxiv.org/abs/1904.08779",
        ),
    ] = "Soft"


class AudioMixSection(AudioAugmentationSection):
    """Mixtures of two recordings with labels."""

    mix_audio: Annotated[
        Literal["Mixup", "Disabled"],
        Setting(
            label="Mix audio",
            help="Mixup overlays two recordings and mixes their labels.",
            level=ExperienceLevel.EXPERT,
            grid=True,
            paper=MIXUP_PAPER,
        ),
    ] = "Disabled"
    mix_probability: Annotated[float, Share, mix_probability_setting(MIX)] = 1.0
    mix_concentration: Annotated[float, Concentration, mix_concentration_setting(MIX, "recording")] = 1.0
    mix_iterations: Annotated[int, Iterations, mix_iterations_setting(MIX, "recording")] = 1
    mix_target: Annotated[Literal["Ratio", "Union", "Keep"], mix_target_setting(MIX, "recording")] = "Ratio"


class AudioBackboneSection(ArchitectureSection):
    """Backbone, pooling, dropout."""

    batch_normalization: Annotated[BatchNormalization, batch_normalization_setting(OF_SPECTROGRAMS)] = "Automatic"

    backbone: Annotated[
        str,
        Setting(
            label="Backbone",
            help="The network that turns a recording into features: any architecture of the timm library, which looks "
            "at a spectrogram with weights that were learned on images; or a speech encoder of the Hugging Face hub by "
            "owner/name (Whisper, Wav2vec2, HuBERT, WavLM, data2vec), or in a folder below the home's weights folder.",
            choices=Library("timm", (*BACKBONES, *SPEECH_ENCODERS), with_hub_names=True),
            grid=True,
        ),
    ] = "resnet50"
    freeze_encoder: FreezeEncoder = False
    pool: Pool = "Average"
    dropout: Annotated[float, Field(ge=0, lt=1), dropout_setting((0.0, 0.2, 0.5))] = 0.0


class AudioChunksMixin(SettingsSection):
    """In which pieces recordings are predicted."""

    inference_chunk_method: Annotated[
        Literal["Fix", "Full"],
        Setting(
            label="Inference chunk method",
            help="Fix cuts a recording into chunks of one length that cover all of it, and averages their predictions. "
            "Full reads it in one piece.",
            level=ExperienceLevel.EXPERT,
        ),
    ] = "Fix"
    inference_chunk_seconds: Annotated[
        float,
        Field(ge=0, le=600),
        Setting(
            label="Inference chunk seconds",
            help="The length of a chunk; 0 takes that of training.",
            unit="s",
            visible_if=when(METHOD, "Fix"),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 0.0
    max_inference_chunk_seconds: Annotated[
        float,
        Field(ge=1, le=3600),
        Setting(
            label="Max inference chunk seconds",
            help="Recordings that are longer are cut into pieces of this length, whose predictions are averaged.",
            unit="s",
            visible_if=when(METHOD, "Full"),
            level=ExperienceLevel.EXPERT,
        ),
    ] = 600.0


def audio_contradictions(settings: SettingsSchema, context: ChoiceContext) -> Iterator[Finding]:
    """Frequencies that the rate does not hold, and windows that a chunk cannot fill."""
    if settings.value(PARAMETERS) != "Manual" or is_speech_encoder(settings.value(BACKBONE)):
        return
    rate, lowest = settings.value("audio.sample_rate"), settings.value("audio.minimum_frequency")
    highest, window = settings.value("audio.maximum_frequency"), settings.value("audio.stft_window_size")
    if lowest >= min(highest, rate / 2):
        yield Finding(
            code="contradiction",
            path="audio.minimum_frequency",
            message="The minimum frequency lies above the maximum frequency or half the sample rate.",
            found=f"{lowest:g} Hz",
            expected=f"less than {min(highest, rate / 2):g} Hz",
            fix="Lower the minimum frequency.",
        )
    if settings.value("audio.training_chunk_seconds") * rate < window:
        yield Finding(
            code="contradiction",
            path="audio.stft_window_size",
            message="A training chunk is shorter than one window of the spectrogram.",
            found=f"{window} samples",
            expected=f"at most {settings.value('audio.training_chunk_seconds') * rate:.0f} samples",
            fix="Use a smaller window or longer chunks.",
        )
    if settings.value("audio.hop_size") > window:
        yield Finding(
            code="contradiction",
            path="audio.hop_size",
            message="The hop is larger than the window, so samples between two windows are never read.",
            found=f"{settings.value('audio.hop_size')} samples",
            expected=f"at most {window} samples",
            fix="Use a smaller hop.",
        )
