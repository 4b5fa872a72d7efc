"""The two orders in which run lengths count pixels: down the columns, as here and at Kaggle, or along the rows.

Nothing in a run says its order. A mask that is read along the wrong axis falls apart into many pieces, so that the
order can be told where images are not square.

Shapes: H height, W width.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from studio.datasets.masks.run_lengths import decode, encode
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs

SCRAMBLED = 2.0
"""So many times more edges has a mask that is read along the wrong axis, at least."""


def from_row_order(runs: Runs, width: int, height: int) -> Runs:
    """Runs that count along the rows, as runs that count down the columns."""
    return encode(decode(runs, width, height).T)


def to_row_order(runs: Runs, width: int, height: int) -> Runs:
    """The opposite of `from_row_order`."""
    return encode(decode(runs, height, width).T)


def count_along_rows(masks: Iterable[tuple[Runs, int, int]]) -> bool | None:
    """Whether runs of masks, each with its width and height, count along the rows; None where that cannot be told."""
    down = along = 0
    for runs, width, height in masks:
        if width != height and len(runs):
            down += _edges(decode(runs, height, width))
            along += _edges(decode(runs, width, height))
    if down > SCRAMBLED * along > 0:
        return True
    return False if along > SCRAMBLED * down > 0 else None


def _edges(mask: NDArray[np.bool_]) -> int:
    """Neighbours of which one is in the mask, along both axes."""
    return sum(int(np.diff(mask, axis=axis).sum()) for axis in range(mask.ndim))
