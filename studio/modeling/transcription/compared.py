"""Compared: the transcripts of a table whose references are known, normalized, with their errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from studio.modeling.transcription.alignment import Errors, character_errors, total, word_errors
from studio.modeling.transcription.transcripts import Transcript


@dataclass(frozen=True)
class Compared:
    """Transcripts beside their references, both normalized."""

    transcripts: Sequence[Transcript]
    texts: Sequence[str]
    references: Sequence[str]
    positions: Sequence[int]
    """Where each is in the table."""
    table: pd.DataFrame

    @cached_property
    def words(self) -> list[Errors]:
        """Errors of each, in words."""
        return word_errors(self.references, self.texts)

    @cached_property
    def characters(self) -> list[Errors]:
        """Errors of each, in characters."""
        return character_errors(self.references, self.texts)

    @property
    def metrics(self) -> dict[str, float]:
        """Of all together; NaN where there is nothing to compare."""
        if not self.positions:
            return {"WER": float("nan"), "CER": float("nan")}
        return {"WER": total(self.words).rate, "CER": total(self.characters).rate}
