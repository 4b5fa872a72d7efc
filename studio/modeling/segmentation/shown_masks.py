"""Masks as a page shows them: run lengths on a grid that is not finer than a screen.

Shapes: K classes, H height, W width.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import decode, encode, from_text, to_text
from studio.results.sample_view import Mask, MaskAnnotation

LONGEST_SIDE = 1024
"""Pixels: run lengths of larger masks would only take space and time."""


def mask_annotation(
    masks: NDArray[np.bool_] | Sequence[str],
    labels: Sequence[str],
    shape: tuple[int, ...] = (),
    ious_K: NDArray[np.float64] | None = None,
) -> MaskAnnotation:
    """Masks (K, H, W), or their run lengths with their shape (H, W); classes without a pixel are left out."""
    height, width = shape if isinstance(masks, Sequence) else masks.shape[1:]
    step = max(1, -(-max(height, width) // LONGEST_SIDE))
    found = []
    for index, (label, mask) in enumerate(zip(labels, masks, strict=True)):
        text = _text(mask, (height, width), step)
        if text:
            iou = None if ious_K is None else float(ious_K[index])
            found.append(Mask(label=label, runs=text, iou=iou))
    return MaskAnnotation(width=-(-width // step), height=-(-height // step), masks=tuple(found))


def _text(mask: Any, shape: tuple[int, int], step: int) -> str:
    if isinstance(mask, str):
        if step == 1 or not mask:
            return mask
        mask = decode(from_text(mask), *shape)
    return to_text(encode(mask[::step, ::step]))
