"""Windows: sequences that are too long for a model, read in pieces that overlap.

Shapes: N sequences or windows, L length.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


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
