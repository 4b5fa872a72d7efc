"""TrueObjects: what is to be found in one image.

Shapes: N boxes, P planes, H height, W width.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class ObjectMasks(NamedTuple):
    """The pixels of the objects of one image, as numbers in planes of bytes."""

    planes_PHW: Tensor
    places_N2: Tensor
    """The plane and the number of each object."""

    def of(self, objects_M: Tensor) -> Tensor:
        """The masks (M, H, W) of some objects, of 0 and 1."""
        places = self.places_N2[objects_M]
        return (self.planes_PHW[places[:, 0]] == places[:, 1, None, None].to(torch.uint8)).float()


class TrueObjects(NamedTuple):
    """The objects of one image in network pixels."""

    corners_N4: Tensor
    """x_min, y_min, x_max, y_max, with a width and a height above 0."""
    classes_N: Tensor
    masks: ObjectMasks | None = None
    """Where objects are known by more than their boxes."""
