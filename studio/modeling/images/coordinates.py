"""Placement: where the pixels that a model sees lie in the file, and maps of them laid over it."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

LONGEST_SIDE = 512
"""Pixels of a map: it comes from a grid of a few positions, so more would only take space."""


class Placement(NamedTuple):
    """The way back from a network's pixels to those of a file."""

    frame: NDArray[np.float64]
    """An affine map (2, 3)."""
    size: tuple[int, int]
    """(width, height) of the file."""


def placed(values: NDArray[np.float32], placement: Placement) -> NDArray[np.float32]:
    """A map (h, w) of a network's pixels as one in the shape of the file; 0 where the network saw nothing."""
    scale = min(1.0, LONGEST_SIDE / max(placement.size))
    size = tuple(max(1, round(side * scale)) for side in placement.size)
    frame = placement.frame * scale
    # OpenCV counts from the middle of the first pixel, frames from its edge.
    frame[:, 2] += frame[:, :2].sum(axis=1) / 2 - 0.5
    return np.asarray(cv2.warpAffine(values, frame, size, flags=cv2.INTER_LINEAR), dtype=np.float32)
