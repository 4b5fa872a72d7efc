"""Boxes: overlap, and which predicted box stands for which true one.

Shapes: N boxes, M other boxes, 4 corners x_min, y_min, x_max, y_max.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BoxesXYXY = NDArray[np.float64]
Verdict = Literal["correct", "wrong_class", "false_positive"]


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


@dataclass(frozen=True)
class Matching:
    """How predicted and true boxes of one image go together."""

    verdicts: tuple[Verdict, ...]
    """One a predicted box."""
    true_of: tuple[int | None, ...]
    """The true box that each predicted one stands for."""
    found_by: tuple[float | None, ...]
    """The score of the predicted box that found each true one."""


def match_boxes(
    boxes_N4: BoxesXYXY,
    classes_N: NDArray[np.int64],
    scores_N: BoxesXYXY,
    true_M4: BoxesXYXY,
    true_classes_M: NDArray[np.int64],
    threshold: float,
) -> Matching:
    """Greedy by falling score, as COCO does it: each true box is found once, by the box that overlaps it most.

    A box that overlaps only true boxes of other classes has the wrong class; any other that finds none is a false
    positive. What a box is does not depend on boxes with lower scores, so the verdicts hold for every confidence.
    """
    common = pairwise_iou(boxes_N4, true_M4)
    same = classes_N[:, None] == true_classes_M[None, :]
    verdicts: list[Verdict] = ["false_positive"] * len(boxes_N4)
    true_of: list[int | None] = [None] * len(boxes_N4)
    found_by: list[float | None] = [None] * len(true_M4)
    for box in np.argsort(-scores_N, kind="stable"):
        free = [m for m in range(len(true_M4)) if found_by[m] is None and same[box, m] and common[box, m] > threshold]
        if free:
            best = max(free, key=lambda m: common[box, m])
            verdicts[box], true_of[box], found_by[best] = "correct", best, float(scores_N[box])
        elif (common[box] > threshold).any():
            is_second = (same[box] & (common[box] > threshold)).any()
            verdicts[box] = "false_positive" if is_second else "wrong_class"
    return Matching(tuple(verdicts), tuple(true_of), tuple(found_by))
