"""Tiles: images or volumes larger than a network's input, cut into overlapping pieces, and their outputs put together.

Shapes: T tiles, K classes, C channels; H, W an image, h, w a tile. With one axis more it is the same for volumes.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

OVERLAP = 0.25
"""Of a tile's side, at least, with the next one."""
GAUSSIAN_WIDTH = 1 / 8
"""Standard deviation of the weights of a volume's tile, in sides of it; as in nnU-Net (arXiv:1809.10486)."""
LEAST_WEIGHT = 0.01
"""Of an axis: far from the middle a Gaussian is 0."""
Sides = tuple[int, ...]
"""(height, width) or (depth, height, width)."""


def is_exceeded(sides: Sides, tile: Sides) -> bool:
    """Whether something of these sides is larger than a tile in any direction."""
    return any(side > of for side, of in zip(sides, tile, strict=True))


def covering_starts(length: int, piece: int, overlap: float) -> list[int]:
    """Where evenly spread pieces begin that cover a length, the first at its beginning and the last at its end.

    Neighbours have at least this share of a piece in common.
    """
    if length <= piece:
        return [0]
    count = math.ceil((length - piece) / (piece * (1 - overlap))) + 1
    return [round(place * (length - piece) / (count - 1)) for place in range(count)]


def tile_corners(sides: Sides, tile: Sides) -> list[Sides]:
    """Where the tiles that cover an image or a volume begin, the last axis running fastest."""
    return list(itertools.product(*(covering_starts(side, of, OVERLAP) for side, of in zip(sides, tile, strict=True))))


def cut(pixels_HWC: NDArray[Any], corner: Sides, tile: Sides) -> NDArray[Any]:
    """The piece (h, w, C) at a corner; where the image ends before, its last pixels are repeated."""
    piece = pixels_HWC[tuple(slice(at, at + of) for at, of in zip(corner, tile, strict=True))]
    missing = [(0, of - side) for of, side in zip(tile, piece.shape, strict=False)]
    return np.ascontiguousarray(np.pad(piece, (*missing, (0, 0)), mode="edge"))


def random_corner(sides: Sides, tile: Sides, generator: np.random.Generator) -> Sides:
    """Where a training crop begins, every place being as likely."""
    return tuple(int(generator.integers(max(1, side - of + 1))) for side, of in zip(sides, tile, strict=True))


def corner_around(place: Sides, sides: Sides, tile: Sides, generator: np.random.Generator) -> Sides:
    """Where a crop begins that holds a place, every such crop being as likely."""
    spans = [(max(0, at - of + 1), min(at, max(0, side - of))) for at, side, of in zip(place, sides, tile, strict=True)]
    return tuple(int(generator.integers(low, max(low, high) + 1)) for low, high in spans)


def blended(values_TKhw: Tensor, corners: Sequence[Sides], sides: Sides) -> Tensor:
    """The values (K, H, W) of an image from those of its tiles: means, in which the middle of a tile counts most."""
    tile = values_TKhw.shape[2:]
    weights_hw = _weights(tuple(tile)).to(values_TKhw.device)
    total = torch.zeros(values_TKhw.shape[1], *sides, device=values_TKhw.device)
    weight = torch.zeros(*sides, device=values_TKhw.device)
    for values_Khw, corner in zip(values_TKhw, corners, strict=True):
        spans = list(zip(corner, tile, sides, strict=True))
        shown = tuple(slice(0, min(of, side - at)) for at, of, side in spans)
        region = tuple(slice(at, at + of) for at, of, _ in spans)
        total[(slice(None), *region)] += values_Khw.float()[(slice(None), *shown)] * weights_hw[shown]
        weight[region] += weights_hw[shown]
    return total / weight


def _weights(tile: Sides) -> Tensor:
    """How much each place of a tile counts: less and less towards its borders, above 0 everywhere."""
    ramp = _ramp if len(tile) == 2 else _bell
    weights = torch.ones(())
    for side in tile:
        weights = weights[..., None] * ramp(side)
    return weights


def _ramp(length: int) -> Tensor:
    """Rises from the edge to the middle and falls again."""
    places = torch.arange(length, dtype=torch.float32)
    return torch.minimum(places + 1, length - places) / ((length + 1) // 2)


def _bell(length: int) -> Tensor:
    """A Gaussian around the middle."""
    places = torch.arange(length, dtype=torch.float32) - (length - 1) / 2
    return torch.exp(-0.5 * (places / (length * GAUSSIAN_WIDTH)) ** 2).clamp_min(LEAST_WEIGHT)
