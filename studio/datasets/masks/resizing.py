"""Masks of another size than their picture, resized to it by the nearest pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.datasets.masks.run_lengths import decode, encode
from studio.on_demand import np

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs


def resized_runs(runs: Runs, drawn: tuple[int, int], size: tuple[int, int]) -> Runs:
    """The runs of a mask of one (width, height) in a picture of another: each pixel takes the one at its middle."""
    (from_width, from_height), (width, height) = drawn, size
    rows = ((np.arange(height) + 0.5) * from_height / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * from_width / width).astype(np.int64)
    return encode(decode(runs, from_height, from_width)[np.ix_(rows, columns)])
