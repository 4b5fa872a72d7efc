"""Texts with the texts to write from them, as tokens.

Shapes: B batch, T tokens to write.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.text.tokens.sequences import TextSamples
from studio.modeling.token_targets import IGNORED


class PairSamples(TextSamples):
    """Sequences whose target is one of tokens; None for a row without a text to write."""

    def lengths(self) -> NDArray[Any] | None:
        """Tokens to read and to write: both take time."""
        found = super().lengths()
        if found is None or self._truth is None:
            return found
        return found + np.array([0 if one is None else len(one) for one in self._truth], dtype=np.int64)


def padded_targets(targets: Sequence[NDArray[np.int32] | None]) -> Tensor | None:
    """Tokens to write side by side (B, T), `IGNORED` behind each end; None where no row has any."""
    if all(one is None for one in targets):
        return None
    longest = max(1, *(0 if one is None else len(one) for one in targets))
    # The library's models want targets that are contiguous in memory.
    rows = np.full((len(targets), longest), IGNORED, dtype=np.int64)
    for row, one in enumerate(targets):
        if one is not None:
            rows[row, : len(one)] = one
    return torch.from_numpy(rows)
