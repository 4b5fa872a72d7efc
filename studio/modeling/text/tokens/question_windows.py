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

from studio.modeling.text.tokens.pairs import pair_frame
from studio.modeling.text.tokens.sequences import padded
from studio.modeling.text.tokens.tokenizer import TextTokenizer
from studio.modeling.text.tokens.window_samples import WindowBatch, WindowItem, WindowSamples
from studio.modeling.text.tokens.windows import Span, token_span, window_bounds
from studio.modeling.token_targets import IGNORED

CHUNK_TEXTS = 1024


class QuestionWindow(NamedTuple):
    """A question with a stretch of its context, special tokens included."""

    ids: NDArray[np.int32]
    types: NDArray[np.int32]
    offsets: NDArray[np.int32]
    """(L, 2), of each token in the context; -1 for tokens that are not of it."""
    nowhere: int
    """The token that stands for *no answer here*."""


@dataclass
class QuestionBatch(WindowBatch[QuestionWindow]):
    """Types (N, L) and which tokens may be chosen (N, L); targets are a first and a last token (N, 2)."""

    types: Tensor = field(kw_only=True)
    allowed: Tensor = field(kw_only=True)
    contexts: list[str] = field(default_factory=list)
    """Of each row."""


class QuestionSamples(WindowSamples[QuestionWindow]):
    """Questions with their windows; a target is the place of a piece of the context.

    A question takes at most half of the room and is cut beyond that.
    """

    def __init__(
        self,
        questions: Sequence[str],
        contexts: Sequence[str],
        targets: Sequence[Span | None] | None,
        tokenizer: TextTokenizer,
        max_length: int,
        doc_stride: int,
        **options: Any,
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
        bounds = [
            _bounds(len(context), room - len(question), doc_stride)
            for question, (context, _) in zip(self._questions, self._contexts, strict=True)
        ]
        super().__init__(bounds, targets, tokenizer, **options)

    def cut_count(self) -> int:
        """Questions that are cut; contexts never are."""
        return self._cut_count

    def text(self, row: int) -> str:
        return self._texts[row]

    def longest(self, row: int, numbers: Sequence[int]) -> int:
        most = max(stop - first for first, stop in (self._bounds[row][number] for number in numbers))
        return self._frame.size + len(self._questions[row]) + most

    def window(self, row: int, number: int) -> QuestionWindow:
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
        return QuestionWindow(ids, types, offsets, self._nowhere(ids))

    def _nowhere(self, ids: NDArray[np.int32]) -> int:
        found = np.flatnonzero(ids == self._tokenizer.special.first)
        if not len(found):
            return 0
        return int(found[-1] if self._context_first else found[0])


def question_batch(items: Sequence[WindowItem], pad: int) -> QuestionBatch:
    """Windows of all items side by side."""
    windows = [window for item in items for window in item.windows]
    ids, mask = padded([window.ids for window in windows], pad)
    types, _ = padded([window.types for window in windows], 0)
    allowed = np.zeros(tuple(ids.shape), dtype=bool)
    for number, window in enumerate(windows):
        allowed[number, : len(window.ids)] = window.offsets[:, 1] > window.offsets[:, 0]
        allowed[number, window.nowhere] = True
    targets = None
    if any(item.target is not None for item in items):
        places = [item.target for item in items for _ in item.windows]
        targets = torch.tensor([_target(window, place) for window, place in zip(windows, places, strict=True)])
    return QuestionBatch(
        rows=[item.row for item in items],
        ids=ids,
        mask=mask,
        types=types,
        allowed=torch.from_numpy(allowed),
        targets=targets,
        windows=[item.windows for item in items],
        contexts=[item.text for item in items],
    )


def _target(window: QuestionWindow, place: Span | None) -> tuple[int, int]:
    """The first and the last token of the place; *no answer here* twice where the window does not hold it whole."""
    if place is None:
        return IGNORED, IGNORED
    span = token_span(window.offsets, *place) if place.end > place.start else None
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
