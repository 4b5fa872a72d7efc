"""Tiles: images larger than a network's input, cut into overlapping pieces, and what is said of each put together.

Shapes: T tiles, K classes, C channels, H height, W width, h and w those of a tile.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

OVERLAP = 0.25
"""Of a tile's side, at least, with the next one."""


class TileSize(NamedTuple):
    """The size of the network's input, which is that of every tile."""

    height: int
    width: int

    def is_exceeded(self, size: tuple[int, int]) -> bool:
        """Whether an image (width, height) is larger in either direction."""
        return size[0] > self.width or size[1] > self.height


def tile_corners(height: int, width: int, tile: TileSize) -> list[tuple[int, int]]:
    """The upper left corners (y, x) of the tiles that cover an image, row by row."""
    return [(y, x) for y in _starts(height, tile.height) for x in _starts(width, tile.width)]


def cut(image_HWC: NDArray[Any], corner: tuple[int, int], tile: TileSize) -> NDArray[Any]:
    """The piece (h, w, C) of an image at a corner; where the image ends before, its last pixels are repeated."""
    y, x = corner
    piece = image_HWC[y : y + tile.height, x : x + tile.width]
    missing = (tile.height - piece.shape[0], tile.width - piece.shape[1])
    return np.ascontiguousarray(np.pad(piece, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge"))


def random_corner(height: int, width: int, tile: TileSize, seed: int) -> tuple[int, int]:
    """Where a training crop begins, every place being as likely."""
    generator = np.random.default_rng(seed)
    y, x = (int(generator.integers(max(1, side - of + 1))) for side, of in ((height, tile.height), (width, tile.width)))
    return y, x


def blended(values_TKhw: Tensor, corners: Sequence[tuple[int, int]], height: int, width: int) -> Tensor:
    """The values (K, H, W) of an image from those of its tiles: means, in which the middle of a tile counts most."""
    count, classes, tile_height, tile_width = values_TKhw.shape
    weights_hw = _ramp(tile_height)[:, None] * _ramp(tile_width)[None, :]
    weights_hw = weights_hw.to(values_TKhw.device)
    total = torch.zeros(classes, height, width, device=values_TKhw.device)
    weight = torch.zeros(height, width, device=values_TKhw.device)
    for place in range(count):
        y, x = corners[place]
        shown = (slice(0, min(tile_height, height - y)), slice(0, min(tile_width, width - x)))
        region = (slice(y, y + tile_height), slice(x, x + tile_width))
        total[:, region[0], region[1]] += values_TKhw[place].float()[:, shown[0], shown[1]] * weights_hw[shown]
        weight[region] += weights_hw[shown]
    return total / weight


def _starts(length: int, side: int) -> list[int]:
    """Evenly spread, the first at the beginning and the last at the end."""
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (side * (1 - OVERLAP))) + 1
    return [round(place * (length - side) / (count - 1)) for place in range(count)]


def _ramp(length: int) -> Tensor:
    """Rises from the edge to the middle and falls again; above 0 everywhere."""
    places = torch.arange(length, dtype=torch.float32)
    return torch.minimum(places + 1, length - places) / ((length + 1) // 2)
