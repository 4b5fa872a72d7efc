"""Masks of another size than their picture, resized to it by the nearest pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.datasets.masks.run_lengths import decode, encode
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.datasets.masks.run_lengths import Runs


def resized_runs(runs: Runs, drawn: tuple[int, int], size: tuple[int, int]) -> Runs:
    """The runs of a mask of one (width, height) in a picture of another."""
    width, height = drawn
    return encode(resized_values(decode(runs, height, width), size))


def resized_values(values_HW: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """The values of a mask in a picture of another (width, height): each pixel takes the one at its middle."""
    (from_height, from_width), (width, height) = values_HW.shape, size
    rows = ((np.arange(height) + 0.5) * from_height / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * from_width / width).astype(np.int64)
    return values_HW[np.ix_(rows, columns)]
