"""TrueObjects: what is to be found in one image.

Shapes: N boxes.
"""

from typing import NamedTuple

from torch import Tensor


class TrueObjects(NamedTuple):
    """The objects of one image in network pixels."""

    corners_N4: Tensor
    """x_min, y_min, x_max, y_max, with a width and a height above 0."""
    classes_N: Tensor
