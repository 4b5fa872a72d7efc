"""WhisperInput: speech for Whisper, whose decoder writes tokens of text."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.media.readers.audio import SECONDS
from studio.modeling.audio.whisper_features import HOP
from studio.modeling.recipe import Assets, Note
from studio.modeling.speech.sources import COLUMNS_A_PLACE, speech_config, speech_weights, whisper_assets
from studio.modeling.speech.speech_input import SpeechInput, Tokens
from studio.modeling.speech.whisper_tokens import WhisperTokens
from studio.modeling.speech.windows import Windows
from studio.modeling.text.tokens.sequences import cells
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.weights import WeightsFile
from studio.settings.schema import SettingsSchema
from studio.settings.sections.inputs.speech import WINDOW_SECONDS

PLACES = 448
"""Tokens that published models can write, those that a transcript begins with included."""


class WhisperInput(SpeechInput):
    """Tokens of a tokenizer."""

    unlearnable_reason: ClassVar[str] = "their transcripts have more tokens than the model can write"

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        column = str(settings.value("dataset.label_columns"))
        texts = cells(table, column) if column in table.columns else []
        return whisper_assets(settings, texts, _longest(table, float(settings.value("audio.max_training_seconds"))))

    @cached_property
    def tokenizer(self) -> TextTokenizer:
        """The tokenizer of the model."""
        return TextTokenizer.of(self.assets, lowercase=False)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration of the model."""
        return speech_config(self.assets)

    @cached_property
    def tokens(self) -> WhisperTokens:
        """Its special tokens."""
        return WhisperTokens.of(self.tokenizer, self.config, self.settings.architecture.language)

    @property
    def heard_samples(self) -> int:
        """Samples that the model hears at once."""
        return int(self.config.get("max_source_positions", 1500)) * COLUMNS_A_PLACE * HOP

    @property
    def windows(self) -> Windows:
        rate, prediction = self.settings.audio.sample_rate, self.settings.prediction
        size = min(self.heard_samples, round(prediction.inference_chunk_seconds * rate))
        return Windows(size, min(size // 2, round(prediction.chunk_overlap_seconds * rate)))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        seconds = self.windows.size / self.settings.audio.sample_rate
        yield Note(
            "info", f"Longer recordings than {seconds:g} s are transcribed in overlapping pieces; they have no loss."
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

    def find_weights(self, name: str) -> WeightsFile:
        return speech_weights(name)

    def _written(self, text: str | None) -> str:
        """A transcript as Whisper writes it: with a blank before the first word, as before all others."""
        return "" if text is None else f" {text.strip()}"


def _longest(table: pd.DataFrame, most: float) -> float:
    """The length of the longest recording that is learned from."""
    known = [float(one) for one in table[SECONDS] if 0 < one <= most] if SECONDS in table.columns else []
    return max(known, default=min(most, WINDOW_SECONDS))
