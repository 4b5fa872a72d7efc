"""SpeechRecipe: what recipes of all speech models have in common."""

from collections.abc import Iterator
from typing import ClassVar, Literal

import pandas as pd

from studio.modeling.composed_recipe import ComposedRecipe
from studio.modeling.recipe import Note
from studio.modeling.speech.speech_input import SpeechInput
from studio.modeling.transcription.task import TranscriptionTask


class SpeechRecipe(ComposedRecipe):
    """Transcripts of recordings."""

    raw_format: ClassVar[Literal["npz", "parquet"]] = "parquet"
    task_class: ClassVar[type[TranscriptionTask]]
    input: SpeechInput
    task: TranscriptionTask

    def training_notes(self, table: pd.DataFrame) -> Iterator[Note]:
        yield from self.input.training_notes(table, self.task.targets_of(table))
