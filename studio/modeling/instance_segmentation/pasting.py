"""Masks of boxes, laid into the image that the boxes are in.

Shapes: m side of a mask, H height, W width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import encode_part

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs


def pasted_runs(
    mask_mm: NDArray[np.float32], box: NDArray[np.float64], size: tuple[int, int], threshold: float
) -> Runs:
    """The runs, in an image of `size` (width, height), of probabilities that fill a box, in between interpolated."""
    x_min, y_min, x_max, y_max = (float(one) for one in box)
    left, right = max(0, int(np.floor(x_min))), min(size[0], int(np.ceil(x_max)))
    top, bottom = max(0, int(np.floor(y_min))), min(size[1], int(np.ceil(y_max)))
    if left >= right or top >= bottom:
        return np.zeros((0, 2), dtype=np.int64)
    side = len(mask_mm)
    # Middles of the image's pixels as places between the middles of the mask's.
    x = ((np.arange(left, right) + 0.5 - x_min) / (x_max - x_min) * side - 0.5).astype(np.float32)
    y = ((np.arange(top, bottom) + 0.5 - y_min) / (y_max - y_min) * side - 0.5).astype(np.float32)
    map_x, map_y = np.meshgrid(x, y)
    dense = cv2.remap(mask_mm, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return encode_part(dense >= max(threshold, np.finfo(np.float32).tiny), (left, top), size[1])
