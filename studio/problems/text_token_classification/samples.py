"""Words with tags as windows of tokens, and windows as batches.

Shapes: N windows, L length, W words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.recipe import Batch, Draw, Samples
from studio.modeling.text.tokens.sequences import masked, padded
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.text.tokens.windows import own_parts, window_bounds
from studio.problems.text_token_classification.words import EncodedWords, encode_words

IGNORED = -100
"""The target of tokens that begin no word, and of words whose tag is not known."""


class Window(NamedTuple):
    """A stretch of a row's words with the special tokens around it."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    """The tokens that begin the words it answers for."""
    words: tuple[int, int]
    """Those words: the first, and the one behind the last."""


class Item(NamedTuple):
    """One row, or in training one window of it."""

    row: int
    windows: tuple[Window, ...]
    tags: NDArray[np.int64] | None
    """Of all words of the row (W)."""


@dataclass
class TaggedBatch(Batch):
    """Token ids (N, L), whether they are tokens (N, L), the tag of each token that begins a word (N, L)."""

    ids: Tensor
    mask: Tensor
    targets: Tensor | None = None
    windows: list[tuple[Window, ...]] = field(default_factory=list)
    """Of each row; all of them follow each other in the tensors."""


class TaggedSamples(Samples):
    """Rows of words, or in training their windows: the first one of every row, then all the others."""

    def __init__(
        self,
        sentences: Sequence[Sequence[str]],
        tags: Sequence[NDArray[np.int64] | None] | None,
        tokenizer: TextTokenizer,
        max_length: int,
        *,
        training: bool,
        mask_probability: float = 0.0,
        by_length: bool = True,
    ) -> None:
        room = tokenizer.room(max_length)
        self._rows = encode_words(tokenizer, sentences, room)
        self._tags, self._tokenizer = tags, tokenizer
        self._training, self._mask_probability, self._by_length = training, mask_probability, by_length
        self._bounds = [window_bounds(row.sizes, room, room // 4) for row in self._rows]
        first = [(row, 0) for row in range(len(self._rows))]
        more = [(row, one) for row, bounds in enumerate(self._bounds) for one in range(1, len(bounds))]
        self._draws = first + more if training else first
        super().__init__(len(self._draws))

    @property
    def window_count(self) -> int:
        """Windows of all rows."""
        return sum(len(bounds) for bounds in self._bounds)

    @property
    def token_counts(self) -> NDArray[np.int64]:
        """Tokens of each row's words."""
        return np.array([row.sizes.sum() for row in self._rows], dtype=np.int64)

    def lengths(self) -> NDArray[Any] | None:
        """Tokens of each sample's longest window."""
        if not self._by_length:
            return None
        return np.array([max(self._sizes(row, one)) for row, one in self._draws], dtype=np.int64)

    def __getitem__(self, draw: Draw) -> Item:
        row, one = self._draws[draw.row]
        numbers = [one] if self._training else range(len(self._bounds[row]))
        windows = [self._window(row, number) for number in numbers]
        if self._mask_probability and draw.seed is not None:
            windows = [
                window._replace(ids=masked(window.ids, self._tokenizer, self._mask_probability, draw.seed))
                for window in windows
            ]
        return Item(row, tuple(windows), None if self._tags is None else self._tags[row])

    def _sizes(self, row: int, one: int) -> list[int]:
        bounds = self._bounds[row][one : one + 1] if self._training else self._bounds[row]
        return [int(self._rows[row].sizes[first:stop].sum()) for first, stop in bounds]

    def _window(self, row: int, number: int) -> Window:
        encoded: EncodedWords = self._rows[row]
        first, stop = self._bounds[row][number]
        own = own_parts(self._bounds[row])[number]
        ends = np.concatenate([[0], np.cumsum(encoded.sizes)])
        begin, end = int(ends[first]), int(ends[stop])
        prefix, suffix = self._tokenizer.prefix, self._tokenizer.suffix
        # A row without words still is a window, and a model needs a token.
        ids = [*prefix, *encoded.ids[begin:end].tolist(), *suffix] or [self._tokenizer.special.pad]
        starts = ends[own[0] : own[1]] - begin + len(prefix)
        return Window(np.array(ids, dtype=np.int32), starts, own)


def batch_of(items: Sequence[Item], pad: int) -> TaggedBatch:
    """Windows of all items side by side."""
    windows = [window for item in items for window in item.windows]
    ids, mask = padded([window.ids for window in windows], pad)
    targets = None
    if any(item.tags is not None for item in items):
        targets = np.full(tuple(ids.shape), IGNORED, dtype=np.int64)
        tags = [item.tags for item in items for _ in item.windows]
        for number, (window, known) in enumerate(zip(windows, tags, strict=True)):
            if known is not None:
                targets[number, window.starts] = known[slice(*window.words)]
    return TaggedBatch(
        rows=[item.row for item in items],
        ids=ids,
        mask=mask,
        targets=None if targets is None else torch.from_numpy(targets),
        windows=[item.windows for item in items],
    )
