"""AudioParameters: the numbers that recordings are read by, chosen by hand or found in the training rows.

Found ones are an asset of the run, so that a pipeline reads recordings as training did.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from studio.datasets.media.readers.audio import SAMPLE_RATE, SECONDS
from studio.errors import WeightsError
from studio.json_text import parse_json
from studio.modeling.audio.whisper_features import HOP, WINDOW
from studio.modeling.recipe import Assets
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.speech import SPEECH_RATE
from studio.settings.sections.networks.speech_encoder import MOST_SECONDS, is_speech_encoder

ASSET = "audio.json"
LONG_SHARE = 0.95
MOST_CHUNK_SECONDS = 60.0
LEAST_CHUNK_SECONDS = 0.25
DEFAULT_RATE = 16_000
DEFAULT_SECONDS = 5.0
"""Where nothing is known of the recordings."""
LEAST_COLUMNS = 96
"""Of a spectrogram: a chunk of half a second at the usual hop of 512 samples would be too narrow for a network."""
BINS = 128
LOWEST_HERTZ = 50.0
SPEECH_BINS = 80
WINDOW_SECONDS = 0.064
"""2048 samples at 32 kHz."""


class AudioParameters(BaseModel):
    """How recordings are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample_rate: int = Field(ge=1, le=192_000)
    mel_bins: int = Field(ge=1, le=512)
    lowest_hertz: float = Field(ge=0, le=96_000)
    highest_hertz: float = Field(gt=0, le=96_000)
    hop: int = Field(ge=1, le=16_384)
    window: int = Field(ge=2, le=32_768)
    chunk_seconds: float = Field(gt=0, le=600)

    @property
    def chunk_samples(self) -> int:
        """Samples of a training chunk."""
        return max(self.window, round(self.chunk_seconds * self.sample_rate))

    def describe(self, *, is_speech: bool = False) -> str:
        """The values, for the log."""
        if is_speech:
            return f"Sample rate {self.sample_rate:,} Hz, training chunks of {self.chunk_seconds:g} s."
        return (
            f"Sample rate {self.sample_rate:,} Hz, {self.mel_bins} mel bins from {self.lowest_hertz:g} to "
            f"{self.highest_hertz:g} Hz, hop {self.hop} and window {self.window} samples, "
            f"training chunks of {self.chunk_seconds:g} s."
        )


def assets_of(settings: SettingsSchema, table: pd.DataFrame) -> Assets:
    """The parameters as an asset."""
    is_manual = settings.value("audio.audio_parameters") == "Manual"
    if is_speech_encoder(settings.value("architecture.backbone")):
        by_hand = settings.value("audio.training_chunk_seconds")
        values = of_speech(by_hand if is_manual else chunk_seconds_of(table, MOST_SECONDS))
    else:
        values = manual(settings) if is_manual else automatic(table)
    return {ASSET: values.model_dump_json().encode()}


def parameters_of(assets: Assets) -> AudioParameters:
    """The parameters of a run.

    Raises:
        WeightsError: if the asset is missing or damaged.
    """
    try:
        return AudioParameters.model_validate(parse_json(assets[ASSET]))
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"{ASSET} of the model, by which recordings are read, is missing or damaged.", hint="Train again."
        ) from error


def manual(settings: Any) -> AudioParameters:
    """As the settings say; frequencies end at half the rate."""
    audio = settings.audio
    return AudioParameters(
        sample_rate=audio.sample_rate,
        mel_bins=audio.mel_frequency_bins,
        lowest_hertz=audio.minimum_frequency,
        highest_hertz=min(audio.maximum_frequency, audio.sample_rate / 2),
        hop=audio.hop_size,
        window=audio.stft_window_size,
        chunk_seconds=audio.training_chunk_seconds,
    )


def automatic(table: pd.DataFrame) -> AudioParameters:
    """The most frequent sample rate, and chunks as long as 19 of 20 recordings."""
    rate = _most_frequent(_known(table, SAMPLE_RATE)) or DEFAULT_RATE
    seconds = chunk_seconds_of(table, MOST_CHUNK_SECONDS)
    window = 1 << round(np.log2(WINDOW_SECONDS * rate))
    hop = max(16, min(window // 4, int(seconds * rate) // LEAST_COLUMNS))
    return AudioParameters(
        sample_rate=rate,
        mel_bins=BINS,
        lowest_hertz=min(LOWEST_HERTZ, rate / 8),
        highest_hertz=rate / 2,
        hop=hop,
        window=window,
        chunk_seconds=seconds,
    )


def of_speech(chunk_seconds: float) -> AudioParameters:
    """As speech encoders hear; the spectrogram is Whisper's, for those that hear samples it is for pictures alone."""
    return AudioParameters(
        sample_rate=SPEECH_RATE,
        mel_bins=SPEECH_BINS,
        lowest_hertz=0.0,
        highest_hertz=SPEECH_RATE / 2,
        hop=HOP,
        window=WINDOW,
        chunk_seconds=chunk_seconds,
    )


def chunk_seconds_of(table: pd.DataFrame, most: float) -> float:
    """Chunks as long as 19 of 20 recordings."""
    lengths = _known(table, SECONDS)
    long = float(np.quantile(lengths, LONG_SHARE)) if len(lengths) else DEFAULT_SECONDS
    return round(min(most, max(LEAST_CHUNK_SECONDS, long)), 2)


def _known(table: pd.DataFrame, column: str) -> Sequence[float]:
    return [float(value) for value in table[column] if value > 0] if column in table else []


def _most_frequent(values: Sequence[float]) -> int:
    return int(pd.Series(values).mode().iloc[0]) if len(values) else 0
