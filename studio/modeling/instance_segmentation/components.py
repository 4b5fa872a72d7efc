"""Objects from pixels: what of a class is left between borders is an object, grown back to its border.

Shapes: K classes, H height, W width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import runs_by_value

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

BORDER = 0.5
"""The probability from which on a pixel is of a border."""
LEAST_PIXELS = 8
"""Smaller components are noise."""
LEAST_SEED = 3
"""Pixels below which what lies between borders is no object of its own."""


class Component(NamedTuple):
    """An object that pixels make."""

    class_index: int
    score: float
    """The mean probability of its pixels."""
    runs: Runs


def components(probabilities: NDArray[np.float32], threshold: float, *, excludes: bool) -> list[Component]:
    """The objects of an image from probabilities (1 + K, H, W) of borders and classes, the surest first.

    With `excludes`, classes do not reach over borders, so that a border belongs to the class that it surrounds.
    """
    border, classes = probabilities[0], probabilities[1:]
    found: list[Component] = []
    for k, inner in enumerate(classes):
        whole = inner + border if excludes else inner
        region = whole >= threshold
        # At a threshold of 0 everything is of every class; nothing certain is no object either.
        seeds = (inner >= threshold) & (inner > border) if excludes else region & (border < BORDER)
        labels = separated(region, seeds, needs_seed=excludes)
        found += _measured(labels, np.minimum(whole, 1.0), k)
    return sorted(found, key=lambda one: -one.score)


def separated(region_HW: NDArray[np.bool_], seeds_HW: NDArray[np.bool_], *, needs_seed: bool) -> NDArray[np.int32]:
    """Numbers (H, W) of objects: connected parts of a region, divided among the seeds that lie in one.

    A pixel goes to the nearest seed of its part. A part without a seed is an object too, unless a seed is needed.
    """
    _, blobs, boxes, _ = cv2.connectedComponentsWithStats(region_HW.astype(np.uint8), connectivity=8)
    _, seeds, sizes, _ = cv2.connectedComponentsWithStats(seeds_HW.astype(np.uint8), connectivity=4)
    is_seed = sizes[:, cv2.CC_STAT_AREA] >= LEAST_SEED
    is_seed[0] = False
    inside = is_seed[seeds]
    pairs = np.unique(np.stack([blobs[inside], seeds[inside]], axis=1), axis=0)
    counts = np.bincount(pairs[:, 0], minlength=len(boxes)) if len(pairs) else np.zeros(len(boxes), dtype=np.int64)
    labels = np.array(blobs, dtype=np.int32)
    if needs_seed:
        labels[counts[blobs] == 0] = 0
    free = len(boxes)
    for blob in np.flatnonzero(counts > 1):
        x, y, width, height = (int(one) for one in boxes[blob, :4])
        part = (slice(y, y + height), slice(x, x + width))
        mine = blobs[part] == blob
        nearest = _nearest_seed(np.where(mine & inside[part], seeds[part], 0))
        numbers, renumbered = np.unique(nearest[mine], return_inverse=True)
        labels[part][mine] = renumbered + free
        free += len(numbers)
    return labels


def _nearest_seed(seeds_HW: NDArray[np.int32]) -> NDArray[np.int32]:
    """The number of the seed that is nearest to each pixel."""
    away = (seeds_HW == 0).astype(np.uint8)
    _, places = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    seed_of = np.zeros(int(places.max()) + 1, dtype=np.int32)
    seed_of[places[away == 0]] = seeds_HW[away == 0]
    return seed_of[places]


def _measured(labels_HW: NDArray[np.int32], probabilities_HW: NDArray[np.float32], k: int) -> list[Component]:
    """The objects that are large enough, with the means of their pixels."""
    flat = labels_HW.ravel()
    areas = np.bincount(flat)
    sums = np.bincount(flat, weights=probabilities_HW.ravel())
    return [
        Component(k, float(sums[number] / areas[number]), runs)
        for number, runs in runs_by_value(labels_HW).items()
        if areas[number] >= LEAST_PIXELS
    ]
