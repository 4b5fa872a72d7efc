"""Placement: where the pixels that a model sees lie in the file, and maps of them laid over it."""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

LONGEST_SIDE = 512
"""Pixels of a map: it comes from a grid of a few positions, so more would only take space."""


class Placement(NamedTuple):
    """The way back from a network's pixels to those of a file."""

    frame: NDArray[np.float64]
    """An affine map (2, 3)."""
    size: tuple[int, int]
    """(width, height) of the file."""


def placed(values: NDArray[np.float32], placement: Placement) -> NDArray[np.float32]:
    """A map (h, w) of a network's pixels as one in the shape of the file; 0 where the network saw nothing."""
    scale = min(1.0, LONGEST_SIDE / max(placement.size))
    size = tuple(max(1, round(side * scale)) for side in placement.size)
    frame = placement.frame * scale
    # OpenCV counts from the middle of the first pixel, frames from its edge.
    frame[:, 2] += frame[:, :2].sum(axis=1) / 2 - 0.5
    return np.asarray(cv2.warpAffine(values, frame, size, flags=cv2.INTER_LINEAR), dtype=np.float32)


def place_in_file(values_KHW: Tensor, placement: Placement) -> Tensor:
    """Values of a network's pixels (K, h, w) as values of the file's pixels (K, H, W), in between interpolated.

    0 where the network saw nothing.
    """
    width, height = placement.size
    if _only_resizes(placement, (values_KHW.shape[2], values_KHW.shape[1])):
        resized = functional.interpolate(values_KHW[None], size=(height, width), mode="bilinear", align_corners=False)
        return resized[0]
    frame = placement.frame.copy()
    # OpenCV counts from the middle of the first pixel, frames from its edge.
    frame[:, 2] += frame[:, :2].sum(axis=1) / 2 - 0.5
    planes = values_KHW.float().cpu().numpy()
    made = [cv2.warpAffine(plane, frame, placement.size, flags=cv2.INTER_LINEAR) for plane in planes]
    return torch.from_numpy(np.stack(made)).to(values_KHW.device)


def _only_resizes(placement: Placement, size: tuple[int, int]) -> bool:
    """Whether network and file show the same, at another size."""
    width, height = placement.size
    whole = np.array([[width / size[0], 0, 0], [0, height / size[1], 0]])
    return bool(np.allclose(placement.frame, whole, rtol=0, atol=1e-4))
