"""Texts with the texts to write from them, as tokens.

Shapes: B batch, L tokens read, T tokens to write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.recipe import Batch, Draw, Samples
from studio.modeling.text.tokens.sequences import TextSequences, masked, padded

IGNORED = -100
"""The target behind a text's end, and of rows without a text."""


class Item(NamedTuple):
    """One row."""

    row: int
    ids: NDArray[np.int32]
    target: NDArray[np.int32] | None


@dataclass
class PairBatch(Batch):
    """Token ids (B, L), whether they are tokens (B, L), the tokens to write (B, T)."""

    ids: Tensor
    mask: Tensor
    targets: Tensor | None = None


class PairSamples(Samples):
    """Texts and targets; tokens of texts hidden at random when training."""

    def __init__(
        self,
        texts: TextSequences,
        targets: Sequence[NDArray[np.int32] | None] | None,
        *,
        mask_probability: float = 0.0,
        by_length: bool = True,
    ) -> None:
        super().__init__(len(texts))
        self._sequences, self._targets = texts, targets
        self._mask_probability, self._by_length = mask_probability, by_length

    def lengths(self) -> NDArray[Any] | None:
        """Tokens to read and to write: both take time."""
        if not self._by_length:
            return None
        found = self._sequences.lengths()
        if self._targets is None:
            return found
        return found + np.array([0 if one is None else len(one) for one in self._targets], dtype=np.int64)

    def cut_count(self) -> int:
        return self._sequences.cut_count()

    def __getitem__(self, draw: Draw) -> Item:
        ids = self._sequences[draw.row]
        if self._mask_probability and draw.seed is not None:
            ids = masked(ids, self._sequences.tokenizer, self._mask_probability, draw.seed)
        return Item(draw.row, ids, None if self._targets is None else self._targets[draw.row])


def batch_of(items: Sequence[Item], pad: int) -> PairBatch:
    """Items side by side, padded to the longest."""
    ids, mask = padded([item.ids for item in items], pad)
    targets = None
    if any(item.target is not None for item in items):
        longest = max(1, *(0 if item.target is None else len(item.target) for item in items))
        # The library's models want targets that are contiguous in memory.
        rows = np.full((len(items), longest), IGNORED, dtype=np.int64)
        for row, item in enumerate(items):
            if item.target is not None:
                rows[row, : len(item.target)] = item.target
        targets = torch.from_numpy(rows)
    return PairBatch(rows=[item.row for item in items], ids=ids, mask=mask, targets=targets)
