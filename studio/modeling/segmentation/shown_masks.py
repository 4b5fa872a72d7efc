"""Masks as a page shows them: run lengths on a grid that is not finer than a screen.

Shapes: K classes, D depth, H height, W width.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text
from studio.results.sample_view import Mask, MaskAnnotation

LONGEST_SIDES = {2: 1024, 3: 256}
"""Pixels or voxels by the number of axes: run lengths of larger masks would only take space and time."""


def mask_annotation(
    masks: NDArray[np.bool_] | Sequence[str],
    labels: Sequence[str],
    shape: tuple[int, ...] = (),
    ious_K: NDArray[np.float64] | None = None,
) -> MaskAnnotation:
    """Masks (K, H, W) or (K, D, H, W), or their run lengths with their shape; classes without a pixel are left out."""
    sides = shape if isinstance(masks, Sequence) else masks.shape[1:]
    steps = _steps(sides)
    found = []
    for index, (label, mask) in enumerate(zip(labels, masks, strict=True)):
        text = _text(mask, sides, steps)
        if text:
            iou = None if ious_K is None else float(ious_K[index])
            found.append(Mask(label=label, runs=text, iou=iou))
    grid = [-(-side // step) for side, step in zip(sides, steps, strict=True)]
    depth = grid[0] if len(grid) == 3 else None
    return MaskAnnotation(width=grid[-1], height=grid[-2], depth=depth, masks=tuple(found))


def _steps(sides: tuple[int, ...]) -> tuple[int, ...]:
    """How many pixels each axis goes on from one that is shown to the next."""
    steps = [max(1, -(-side // LONGEST_SIDES[len(sides)])) for side in sides]
    # Slices of a volume are often few and far apart, so each axis has a step of its own; pixels of an image are square.
    return tuple(steps) if len(sides) == 3 else (max(steps),) * len(sides)


def _text(mask: Any, sides: tuple[int, ...], steps: tuple[int, ...]) -> str:
    if isinstance(mask, str):
        if max(steps) == 1 or not mask:
            return mask
        mask = decode(from_text(mask), *sides)
    return to_text(encode(mask[tuple(slice(None, None, step) for step in steps)]))
