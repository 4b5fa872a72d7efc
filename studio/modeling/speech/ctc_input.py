"""CtcInput: speech for a model that says which character is heard at every moment."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.modeling.audio.speech_models import normalizes
from studio.modeling.recipe import Assets, Note
from studio.modeling.speech.character_model import LANGUAGE_MODEL, CharacterModel
from studio.modeling.speech.ctc_decoding import needed_frames
from studio.modeling.speech.ctc_model import frame_count, stride_of
from studio.modeling.speech.sources import ctc_assets
from studio.modeling.speech.speech_input import SpeechInput, Tokens, transcripts_of
from studio.modeling.speech.vocabulary import VOCABULARY, Vocabulary
from studio.modeling.speech.windows import Windows
from studio.modeling.transcription.normalization import normalizer_of
from studio.settings.schema import SettingsSchema
from studio.settings.sections.networks.wav2vec2 import TRAINING_TRANSCRIPTS

MOST_CHARACTERS_TOLD = 20


class CtcInput(SpeechInput):
    """Characters of a vocabulary of the model's own, or of the transcripts."""

    longest_setting: ClassVar[str] = "Max training seconds"
    unlearnable_reason: ClassVar[str] = "they are too short for their transcripts to be heard in them"

    @classmethod
    def assets_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Assets:
        normalize = normalizer_of(settings)
        texts = [normalize(text) for text in transcripts_of(settings, table)]
        assets = ctc_assets(settings, texts)
        if settings.value("prediction.language_model") == TRAINING_TRANSCRIPTS:
            vocabulary = Vocabulary.from_bytes(assets[VOCABULARY], str(settings.value("architecture.backbone")))
            numbers = [vocabulary.encode(text).tolist() for text in texts]
            counted = CharacterModel.of_texts(numbers, len(vocabulary), vocabulary.between_words)
            assets = {**assets, LANGUAGE_MODEL: counted.to_bytes()}
        return assets

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters."""
        return Vocabulary.from_bytes(self.assets[VOCABULARY], str(self.settings.architecture.backbone))

    @cached_property
    def language_model(self) -> CharacterModel | None:
        """Of the training transcripts, if one is asked for."""
        content = self.assets.get(LANGUAGE_MODEL)
        return None if content is None else CharacterModel.from_bytes(content)

    @property
    def is_normalized(self) -> bool:
        return normalizes(self.assets)

    @property
    def longest_seconds(self) -> float:
        return float(self.settings.audio.max_training_seconds)

    @property
    def windows(self) -> Windows:
        rate, prediction = self.settings.audio.sample_rate, self.settings.prediction
        size = round(prediction.inference_chunk_seconds * rate)
        return Windows(size, min(size // 2, round(prediction.chunk_overlap_seconds * rate)), stride_of(self.config))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note(
            "info", f"{len(self.vocabulary)} characters, with the blank, the unknown one and the one between words."
        )
        normalize = normalizer_of(self.settings)
        for name, table in (("validation", validation), ("test", test)):
            texts = [] if table is None else transcripts_of(self.settings, table)
            unknown = sorted({sign for text in texts for sign in self.vocabulary.unknown_in(normalize(text))})
            if unknown:
                shown = " ".join(unknown[:MOST_CHARACTERS_TOLD]) + (
                    " ..." if len(unknown) > MOST_CHARACTERS_TOLD else ""
                )
                words = "not in the training transcripts, so the model cannot write them and they count as errors"
                yield Note("warning", f"Characters of the {name} transcripts that are {words}: {shown}")

    def tokens_of(self, texts: Sequence[str | None]) -> list[Tokens | None]:
        normalize = normalizer_of(self.settings)
        return [None if text is None else self.vocabulary.encode(normalize(text)) for text in texts]

    def text_of(self, ids: Sequence[int]) -> str:
        return self.vocabulary.decode(ids)

    def unlearnable(self, seconds: NDArray[np.float64] | None, tokens: Sequence[Tokens | None]) -> NDArray[np.bool_]:
        if seconds is None:
            return np.zeros(len(tokens), dtype=bool)
        frames = [frame_count(self.config, int(one * self.settings.audio.sample_rate)) for one in seconds]
        needed = [0 if one is None else needed_frames(one.tolist()) for one in tokens]
        return np.array(needed) > np.array(frames)
