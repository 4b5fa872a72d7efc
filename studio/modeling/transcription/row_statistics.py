"""What each transcript adds to the error rates."""

from collections.abc import Mapping, Sequence

import numpy as np

from studio.modeling.row_statistics import Floats, RowStatistics
from studio.modeling.transcription.alignment import Errors


class TranscriptStatistics(RowStatistics):
    """Of transcripts by their errors in words and in characters."""

    def __init__(self, words: Sequence[Errors], characters: Sequence[Errors]) -> None:
        self.rows = len(words)
        self._sums_CN2 = {
            name: np.array([[one.substitutions + one.deletions + one.insertions, one.reference] for one in errors])
            for name, errors in (("WER", words), ("CER", characters))
        }

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        found = {}
        for name, sums_N2 in self._sums_CN2.items():
            wrong_B, reference_B = (weights_BN @ sums_N2).T
            found[name] = wrong_B / np.maximum(1.0, reference_B)
        return found
