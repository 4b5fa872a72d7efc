"""Windows: sequences that are too long for a model, read in pieces that overlap.

Shapes: N sequences or windows, L length.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Span(NamedTuple):
    """A piece of a text in characters; empty, at 0, where there is none."""

    start: int
    end: int
    """Behind the last character."""


def window_bounds(sizes: NDArray[np.integer[Any]], room: int, shared: int) -> list[tuple[int, int]]:
    """(first, behind last) part of each window. Every part lies in one whole, and no window is larger than `room`.

    `sizes` are the tokens of each part, none above `room`; neighbouring windows share at most `shared` tokens.
    """
    ends = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    bounds: list[tuple[int, int]] = []
    first = 0
    while True:
        stop = max(first + 1, int(np.searchsorted(ends, ends[first] + room, side="right")) - 1)
        stop = min(stop, len(sizes))
        bounds.append((first, stop))
        if stop == len(sizes):
            return bounds
        # As much as may be shared, and so little that the next part fits in.
        first = int(np.searchsorted(ends, max(ends[stop] - shared, ends[stop + 1] - room), side="left"))


def own_parts(bounds: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which parts each window answers for: what two windows share is split in the middle, away from both edges."""
    middles = [(after[0] + before[1] + 1) // 2 for before, after in pairwise(bounds)]
    starts, stops = [bounds[0][0], *middles], [*middles, bounds[-1][1]]
    return list(zip(starts, stops, strict=True))


def in_portions(model: Callable[..., Tensor], portion: int, *inputs_NL: Tensor) -> Tensor:
    """What a model says about all windows, computed for at most `portion` at a time: a text may have very many."""
    count = len(inputs_NL[0])
    starts = range(0, count, portion)
    return torch.cat([model(*(one[start : start + portion] for one in inputs_NL)) for start in starts])


def token_span(offsets: NDArray[np.integer], start: int, end: int) -> tuple[int, int] | None:
    """The first and the last token of a piece of a text; None if the window does not hold it whole.

    `offsets` (L, 2) are the characters of each token, -1 for tokens that are not of the text.
    """
    of_context = np.flatnonzero(offsets[:, 1] > offsets[:, 0])
    touching = [int(token) for token in of_context if offsets[token, 0] < end and offsets[token, 1] > start]
    if not touching:
        return None
    starts_inside = offsets[touching[0], 0] <= start or touching[0] != of_context[0]
    ends_inside = offsets[touching[-1], 1] >= end or touching[-1] != of_context[-1]
    return (touching[0], touching[-1]) if starts_inside and ends_inside else None
