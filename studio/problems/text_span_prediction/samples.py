"""Questions with their contexts as windows of tokens, and windows as batches.

Shapes: N windows, L length.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.recipe import Batch, Draw, Samples
from studio.modeling.span_prediction.answers import token_span
from studio.modeling.text.tokens.pairs import pair_frame
from studio.modeling.text.tokens.sequences import masked, padded
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.text.tokens.windows import window_bounds

IGNORED = -100
"""The target of windows whose answer is not known."""
CHUNK_TEXTS = 1024


class Span(NamedTuple):
    """The true answer in its context, in characters; empty, at 0, where there is none."""

    start: int
    end: int


class Window(NamedTuple):
    """A question with a stretch of its context, special tokens included."""

    ids: NDArray[np.int32]
    types: NDArray[np.int32]
    offsets: NDArray[np.int32]
    """(L, 2), of each token in the context; -1 for tokens that are not of it."""
    nowhere: int
    """The token that stands for *no answer here*."""


class Item(NamedTuple):
    """One row, or in training one window of it."""

    row: int
    windows: tuple[Window, ...]
    truth: Span | None
    context: str


@dataclass
class QuestionBatch(Batch):
    """Token ids, masks and types (N, L), which tokens may be chosen (N, L), the first and last of the answer (N, 2)."""

    ids: Tensor
    mask: Tensor
    types: Tensor
    allowed: Tensor
    targets: Tensor | None = None
    windows: list[tuple[Window, ...]] = field(default_factory=list)
    """Of each row; all of them follow each other in the tensors."""
    contexts: list[str] = field(default_factory=list)
    """Of each row."""


class QuestionSamples(Samples):
    """Questions with all their windows, or in training windows: the first one of every row, then all the others.

    A question takes at most half of the room and is cut beyond that.
    """

    def __init__(
        self,
        questions: Sequence[str],
        contexts: Sequence[str],
        truth: Sequence[Span | None] | None,
        tokenizer: TextTokenizer,
        max_length: int,
        doc_stride: int,
        *,
        training: bool,
        mask_probability: float = 0.0,
        by_length: bool = True,
    ) -> None:
        self._frame = pair_frame(tokenizer)
        room = max(4, max_length - self._frame.size)
        # Models such as XLNet end with the token that stands for the whole, and read the context first.
        self._context_first = tokenizer.special.first in self._frame.behind
        whole = [ids for ids, _ in _encoded(tokenizer, questions)]
        self.question_room = room // 2
        self._cut_count = sum(len(ids) > self.question_room for ids in whole)
        self._questions = [ids[: self.question_room] for ids in whole]
        self._contexts, self._texts = _encoded(tokenizer, contexts), contexts
        self._truth, self._tokenizer = truth, tokenizer
        self._training, self._mask_probability, self._by_length = training, mask_probability, by_length
        self._bounds = [
            _bounds(len(context), room - len(question), doc_stride)
            for question, (context, _) in zip(self._questions, self._contexts, strict=True)
        ]
        first = [(row, 0) for row in range(len(questions))]
        more = [(row, one) for row, bounds in enumerate(self._bounds) for one in range(1, len(bounds))]
        self._draws = first + more if training else first
        super().__init__(len(self._draws))

    @property
    def window_counts(self) -> list[int]:
        """Windows of each row."""
        return [len(bounds) for bounds in self._bounds]

    def cut_count(self) -> int:
        """Questions that are cut; contexts never are."""
        return self._cut_count

    def lengths(self) -> NDArray[Any] | None:
        """Tokens of each sample's longest window."""
        if not self._by_length:
            return None
        return np.array([self._length(row, one if self._training else 0) for row, one in self._draws], dtype=np.int64)

    def __getitem__(self, draw: Draw) -> Item:
        row, one = self._draws[draw.row]
        windows = [self._window(row, n) for n in ([one] if self._training else range(len(self._bounds[row])))]
        if self._mask_probability and draw.seed is not None:
            windows = [
                window._replace(ids=masked(window.ids, self._tokenizer, self._mask_probability, draw.seed))
                for window in windows
            ]
        return Item(row, tuple(windows), None if self._truth is None else self._truth[row], self._texts[row])

    def _length(self, row: int, one: int) -> int:
        first, stop = self._bounds[row][one]
        return self._frame.size + len(self._questions[row]) + stop - first

    def _window(self, row: int, number: int) -> Window:
        first, stop = self._bounds[row][number]
        context, places = (part[first:stop] for part in self._contexts[row])
        question = self._questions[row]
        pair = (context, question) if self._context_first else (question, context)
        ids, types = self._frame.join(*pair)
        offsets = np.full((len(ids), 2), -1, dtype=np.int32)
        start = len(self._frame.before)
        if not self._context_first:
            start += len(question) + len(self._frame.between)
        offsets[start : start + len(context)] = places
        return Window(ids, types, offsets, self._nowhere(ids))

    def _nowhere(self, ids: NDArray[np.int32]) -> int:
        found = np.flatnonzero(ids == self._tokenizer.special.first)
        if not len(found):
            return 0
        return int(found[-1] if self._context_first else found[0])


def batch_of(items: Sequence[Item], pad: int) -> QuestionBatch:
    """Windows of all items side by side."""
    windows = [window for item in items for window in item.windows]
    ids, mask = padded([window.ids for window in windows], pad)
    types, _ = padded([window.types for window in windows], 0)
    allowed = np.zeros(tuple(ids.shape), dtype=bool)
    for number, window in enumerate(windows):
        allowed[number, : len(window.ids)] = window.offsets[:, 1] > window.offsets[:, 0]
        allowed[number, window.nowhere] = True
    targets = None
    if any(item.truth is not None for item in items):
        truths = [item.truth for item in items for _ in item.windows]
        targets = torch.tensor([_target(window, one) for window, one in zip(windows, truths, strict=True)])
    return QuestionBatch(
        rows=[item.row for item in items],
        ids=ids,
        mask=mask,
        types=types,
        allowed=torch.from_numpy(allowed),
        targets=targets,
        windows=[item.windows for item in items],
        contexts=[item.context for item in items],
    )


def _target(window: Window, truth: Span | None) -> tuple[int, int]:
    """The first and the last token of the answer; *no answer here* twice where the window does not hold it whole."""
    if truth is None:
        return IGNORED, IGNORED
    span = token_span(window.offsets, *truth) if truth.end > truth.start else None
    return span or (window.nowhere, window.nowhere)


def _bounds(tokens: int, room: int, stride: int) -> list[tuple[int, int]]:
    return window_bounds(np.ones(tokens, dtype=np.int64), room, min(stride, room // 2))


def _encoded(tokenizer: TextTokenizer, texts: Sequence[str]) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Token ids and offsets of each text; many questions share a context, which is encoded once."""
    found: dict[str, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
    distinct = list(dict.fromkeys(texts))
    for first in range(0, len(distinct), CHUNK_TEXTS):
        chunk = distinct[first : first + CHUNK_TEXTS]
        for text, encoding in zip(chunk, tokenizer.encode(chunk), strict=True):
            offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
            found[text] = (np.array(encoding.ids, dtype=np.int32), offsets)
    return [found[text] for text in texts]
