"""What a network learns of objects pixel by pixel: their borders, and the pixels of each class.

An inner border a class separates objects that touch: Caicedo et al. 2019, doi:10.1002/cyto.a.23863.

Shapes: P planes, K classes, H height, W width.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from studio.modeling.instance_segmentation.layers import MOST_IN_PLANE, Layers

BORDER_SIDE = 3
"""Pixels of the square around a pixel that looks for another object or the background."""


def bordered(layers: Layers, classes: int, *, excludes: bool) -> NDArray[np.uint8]:
    """Bytes (1 + K, H, W): borders, then classes; with `excludes` a pixel of a border is of no class."""
    height, width = layers.planes_PHW.shape[1:]
    made = np.zeros((1 + classes, height, width), dtype=np.uint8)
    covered = np.zeros((height, width), dtype=np.uint8)
    kernel = np.ones((BORDER_SIDE, BORDER_SIDE), dtype=np.uint8)
    for number, plane in enumerate(np.ascontiguousarray(layers.planes_PHW)):
        class_of = np.full(MOST_IN_PLANE + 1, -1, dtype=np.int64)
        is_here = layers.places_N2[:, 0] == number
        class_of[layers.places_N2[is_here, 1]] = layers.classes_N[is_here]
        # What lies beyond the image is unknown, and no border.
        outer = cv2.dilate(plane, kernel, borderType=cv2.BORDER_REPLICATE)
        inner = cv2.erode(plane, kernel, borderType=cv2.BORDER_REPLICATE)
        made[0] |= ((outer != inner) & (plane > 0)).astype(np.uint8)
        for k in np.unique(layers.classes_N[is_here]):
            made[1 + k] |= (class_of[plane] == k).astype(np.uint8)
        covered += (plane > 0).astype(np.uint8)
    made[0] |= (covered > 1).astype(np.uint8)
    if excludes:
        made[1:] *= 1 - made[0]
    return made
