"""WhisperInput: speech for Whisper, whose decoder writes tokens of text."""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.media.readers.audio import SECONDS
from studio.modeling.recipe import Assets, Note
from studio.modeling.speech.sources import SAMPLES_A_PLACE, whisper_assets
from studio.modeling.speech.speech_input import SpeechInput, Tokens, transcripts_of
from studio.modeling.speech.whisper_tokens import WhisperTokens
from studio.modeling.speech.windows import Windows
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.settings.schema import SettingsSchema

ENCODER_PLACES, PLACES = 1500, 448
"""Of published models: what they hear at once, and tokens that they write, with those that transcripts begin with."""


class WhisperInput(SpeechInput):
    """Tokens of a tokenizer."""

    longest_setting: ClassVar[str] = "Window seconds"
    unlearnable_reason: ClassVar[str] = "their transcripts have more tokens than the model can write"

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        texts = transcripts_of(settings, table)
        return whisper_assets(settings, texts, _longest(table, float(settings.value("audio.window_seconds"))))

    @cached_property
    def tokenizer(self) -> TextTokenizer:
        """The tokenizer of the model."""
        return TextTokenizer.of(self.assets, lowercase=False)

    @cached_property
    def tokens(self) -> WhisperTokens:
        """Its special tokens."""
        return WhisperTokens.of(self.tokenizer, self.config, self.settings.architecture.language)

    @property
    def longest_seconds(self) -> float:
        return self.heard_samples / float(self.settings.audio.sample_rate)

    @property
    def heard_samples(self) -> int:
        """Samples that the model hears at once: as the settings say, if the model has places for as many."""
        seconds, rate = float(self.settings.audio.window_seconds), int(self.settings.audio.sample_rate)
        wanted = math.ceil(seconds * rate / SAMPLES_A_PLACE)
        return min(wanted, int(self.config.get("max_source_positions", ENCODER_PLACES))) * SAMPLES_A_PLACE

    @property
    def windows(self) -> Windows:
        size = self.heard_samples
        overlap = round(self.settings.prediction.chunk_overlap_seconds * self.settings.audio.sample_rate)
        return Windows(size, min(size // 2, overlap))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        seconds = self.windows.size / self.settings.audio.sample_rate
        yield Note(
            "info", f"Recordings longer than {seconds:g} s are transcribed in overlapping pieces; they have no loss."
        )

    def tokens_of(self, texts: Sequence[str | None]) -> list[Tokens | None]:
        end = self.tokens.end
        known = self.tokenizer.encode([self._written(text) for text in texts])
        return [
            None if text is None else np.array([*one.ids, end], dtype=np.int32)
            for text, one in zip(texts, known, strict=True)
        ]

    def text_of(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids).strip()

    def unlearnable(self, seconds: NDArray[np.float64] | None, tokens: Sequence[Tokens | None]) -> NDArray[np.bool_]:
        most = int(self.config.get("max_target_positions", PLACES)) - len(self.tokens.prefix)
        return np.array([one is not None and len(one) > most for one in tokens])

    def _written(self, text: str | None) -> str:
        """A transcript as Whisper writes it: with a blank before the first word, as before all others."""
        return "" if text is None else f" {text.strip()}"


def _longest(table: pd.DataFrame, most: float) -> float:
    """The length of the longest recording that is learned from."""
    known = [float(one) for one in table[SECONDS] if 0 < one <= most] if SECONDS in table.columns else []
    return max(known, default=most)
