"""Boxes: overlap, and which predicted box stands for which true one.

Shapes: N boxes, M other boxes, 4 corners x_min, y_min, x_max, y_max.
"""

import numpy as np
from numpy.typing import NDArray

from studio.modeling.objects.matching import Matching, match_objects

BoxesXYXY = NDArray[np.float64]


def pairwise_iou(boxes_N4: BoxesXYXY, others_M4: BoxesXYXY) -> BoxesXYXY:
    """Intersection over union (N, M)."""
    if len(boxes_N4) == 0 or len(others_M4) == 0:
        return np.zeros((len(boxes_N4), len(others_M4)))
    low = np.maximum(boxes_N4[:, None, :2], others_M4[None, :, :2])
    high = np.minimum(boxes_N4[:, None, 2:], others_M4[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    area = (boxes_N4[:, 2:] - boxes_N4[:, :2]).prod(axis=1)[:, None] + (others_M4[:, 2:] - others_M4[:, :2]).prod(
        axis=1
    )
    shares: BoxesXYXY = common / np.clip(area - common, 1e-12, None)
    return shares


def framed(boxes_N4: BoxesXYXY, frame: BoxesXYXY, size: tuple[int, int]) -> BoxesXYXY:
    """Boxes around the corners that an affine map (2, 3) gives, cut to an image of `size` (width, height)."""
    x, y = boxes_N4[:, [0, 2, 2, 0]], boxes_N4[:, [1, 1, 3, 3]]
    points = np.stack([x, y, np.ones_like(x)], axis=2) @ frame.T
    boxes: BoxesXYXY = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
    return np.clip(boxes, 0, [*size, *size])


def match_boxes(
    boxes_N4: BoxesXYXY,
    classes_N: NDArray[np.int64],
    scores_N: BoxesXYXY,
    true_M4: BoxesXYXY,
    true_classes_M: NDArray[np.int64],
    threshold: float,
) -> Matching:
    """See `match_objects`; by the overlap of boxes."""
    return match_objects(pairwise_iou(boxes_N4, true_M4), classes_N, scores_N, true_classes_M, threshold)
