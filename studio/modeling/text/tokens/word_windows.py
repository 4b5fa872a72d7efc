"""Words as windows of tokens, and windows as batches with a target on the first token of every word.

Shapes: N windows, L length, W words.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from studio.modeling.text.tokens.sequences import padded
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.text.tokens.window_samples import WindowBatch, WindowItem, WindowSamples
from studio.modeling.text.tokens.windows import own_parts, window_bounds
from studio.modeling.text.tokens.words import EncodedWords, encode_words
from studio.modeling.token_targets import IGNORED


class WordWindow(NamedTuple):
    """A stretch of a row's words with the special tokens around it."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]
    """The tokens that begin the words it answers for."""
    words: tuple[int, int]
    """Those words: the first, and the one behind the last."""


class WordSamples(WindowSamples[WordWindow]):
    """Rows of words, with a number (W) for every word as the target: of a tag, or `IGNORED`."""

    def __init__(
        self,
        sentences: Sequence[Sequence[str]],
        targets: Sequence[NDArray[np.int64] | None] | None,
        tokenizer: TextTokenizer,
        max_length: int,
        **options: Any,
    ) -> None:
        room = tokenizer.room(max_length)
        self._rows = encode_words(tokenizer, sentences, room)
        bounds = [window_bounds(row.sizes, room, room // 4) for row in self._rows]
        super().__init__(bounds, targets, tokenizer, **options)

    @property
    def token_counts(self) -> NDArray[np.int64]:
        """Tokens of each row's words."""
        return np.array([row.sizes.sum() for row in self._rows], dtype=np.int64)

    def longest(self, row: int, numbers: Sequence[int]) -> int:
        bounds = (self._bounds[row][number] for number in numbers)
        return max(int(self._rows[row].sizes[first:stop].sum()) for first, stop in bounds)

    def window(self, row: int, number: int) -> WordWindow:
        encoded: EncodedWords = self._rows[row]
        first, stop = self._bounds[row][number]
        own = own_parts(list(self._bounds[row]))[number]
        ends = np.concatenate([[0], np.cumsum(encoded.sizes)])
        begin, end = int(ends[first]), int(ends[stop])
        prefix, suffix = self._tokenizer.prefix, self._tokenizer.suffix
        # A row without words still is a window, and a model needs a token.
        ids = [*prefix, *encoded.ids[begin:end].tolist(), *suffix] or [self._tokenizer.special.pad]
        starts = ends[own[0] : own[1]] - begin + len(prefix)
        return WordWindow(np.array(ids, dtype=np.int32), starts, own)


def word_batch(items: Sequence[WindowItem], pad: int) -> WindowBatch[WordWindow]:
    """Windows of all items side by side; targets (N, L) where words begin."""
    windows = [window for item in items for window in item.windows]
    ids, mask = padded([window.ids for window in windows], pad)
    targets = None
    if any(item.target is not None for item in items):
        targets = np.full(tuple(ids.shape), IGNORED, dtype=np.int64)
        known = [item.target for item in items for _ in item.windows]
        for number, (window, numbers) in enumerate(zip(windows, known, strict=True)):
            if numbers is not None:
                targets[number, window.starts] = numbers[slice(*window.words)]
    return WindowBatch(
        rows=[item.row for item in items],
        ids=ids,
        mask=mask,
        targets=None if targets is None else torch.from_numpy(targets),
        windows=[item.windows for item in items],
    )
