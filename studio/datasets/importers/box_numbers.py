"""The four numbers of boxes in a table: what they are, and the corners in pixels that they say.

Shapes: B boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.datasets.tables.box_columns import BoxForm
from studio.on_demand import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

HAIR = 1e-3
"""So far beyond 1 a share is one that was rounded."""
BEYOND = 1.0
"""Pixels that a box may lie beyond the border without being another form."""


@dataclass(frozen=True)
class Reading:
    """What the numbers of a table's boxes are."""

    form: BoxForm
    is_sure: bool
    """Whether another form would not fit the pictures as well."""
    are_shares: bool
    """Whether they are shares of the pictures' sides."""


def reading_of(numbers_B4: Numbers, sizes_B2: Numbers, forms: Sequence[BoxForm]) -> Reading:
    """What numbers are of these forms: the one with the fewest boxes that have no size or leave their picture.

    Sizes are width and height of each box's picture, NaN where it is not known.
    """
    known_B = np.isfinite(numbers_B4).all(axis=1)
    numbers_B4, sizes_B2 = numbers_B4[known_B], sizes_B2[known_B]
    are_shares = bool(len(numbers_B4)) and bool((np.abs(numbers_B4) <= 1 + HAIR).all())
    are_shares = are_shares and bool(np.isfinite(sizes_B2).any()) and bool((numbers_B4 > 0).any())
    pixels_B4 = numbers_B4 * np.tile(sizes_B2, 2) if are_shares else numbers_B4
    misfits = {form: _misfits(corners_of(pixels_B4, form), sizes_B2) for form in forms}
    best = min(forms, key=lambda form: misfits[form])
    is_sure = all(misfits[form] > misfits[best] for form in forms if form != best)
    return Reading(best, is_sure, are_shares)


def pixels_of(numbers_B4: Numbers, sizes_B2: Numbers, reading: Reading) -> Numbers:
    """Corners in pixels (B, 4); NaN for shares of a picture whose size is not known."""
    scaled_B4 = numbers_B4 * np.tile(sizes_B2, 2) if reading.are_shares else numbers_B4
    return corners_of(scaled_B4, reading.form)


def corners_of(numbers_B4: Numbers, form: BoxForm) -> Numbers:
    """x_min, y_min, x_max, y_max (B, 4)."""
    first_B2, second_B2 = numbers_B4[:, :2], numbers_B4[:, 2:]
    match form:
        case "xyxy":
            return numbers_B4
        case "xywh":
            return np.concatenate([first_B2, first_B2 + second_B2], axis=1)
        case "cxcywh":
            return np.concatenate([first_B2 - second_B2 / 2, first_B2 + second_B2 / 2], axis=1)


def _misfits(corners_B4: Numbers, sizes_B2: Numbers) -> int:
    """How many boxes have no size, or leave their picture."""
    low_B2, high_B2 = corners_B4[:, :2], corners_B4[:, 2:]
    wrong_B2 = (high_B2 < low_B2) | (low_B2 < -BEYOND) | (high_B2 > sizes_B2 + BEYOND)
    return int(wrong_B2.any(axis=1).sum())
