"""Random changes to training volumes.

Each call draws from a generator of its own seed, so that a sample comes out the same in whichever data worker and after
a resume.
"""

import math
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Strategy = Literal["Soft", "Medium", "Hard"]
FLIP_PROBABILITY = 0.5
PROBABILITY = 0.5
"""Of each further change."""
SHIFT = 0.1
SCALE = 0.1
ROTATE_DEGREES = 15.0
"""In the plane of slices: their distance often differs from that of pixels."""
DROPOUT_HOLES = (1, 8)
DROPOUT_SIDE = (0.05, 0.2)
BRIGHTNESS = CONTRAST = 0.2
CROP_SHARE = (0.5, 1.0)
"""Of the voxels that a crop keeps."""


def augmented(volume_DHWC: NDArray[Any], strategy: Strategy, seed: int) -> NDArray[Any]:
    """Soft mirrors along every axis. Medium also moves and cuts holes. Hard also crops and varies brightness."""
    return augmented_with_masks(volume_DHWC, None, strategy, seed)[0]


def augmented_with_masks(
    volume_DHWC: NDArray[Any], masks_KDHW: NDArray[np.uint8] | None, strategy: Strategy, seed: int
) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """The same for a volume and its masks, which are moved with it and never blended, cut or lit."""
    random = np.random.default_rng(seed)
    for axis in range(3):
        if random.random() < FLIP_PROBABILITY:
            volume_DHWC = np.flip(volume_DHWC, axis)
            masks_KDHW = None if masks_KDHW is None else np.flip(masks_KDHW, axis + 1)
    if strategy == "Soft":
        return np.ascontiguousarray(volume_DHWC), masks_KDHW
    is_bytes = volume_DHWC.dtype == np.uint8
    values = volume_DHWC.astype(np.float32)
    affine = np.eye(4)
    if strategy == "Hard":
        affine = _crop(random)
    if random.random() < PROBABILITY:
        affine = affine @ _move(random, volume_DHWC.shape[2] / volume_DHWC.shape[1])
    values = _sampled(values, affine)
    if masks_KDHW is not None:
        masks_DHWK = _sampled(masks_KDHW.transpose(1, 2, 3, 0).astype(np.float32), affine, "nearest")
        masks_KDHW = masks_DHWK.transpose(3, 0, 1, 2).astype(np.uint8)
    if random.random() < PROBABILITY:
        _cut_holes(values, random)
    if strategy == "Hard" and random.random() < PROBABILITY:
        values = _lit(values, random)
    made = np.rint(values).clip(0, 255).astype(np.uint8) if is_bytes else np.ascontiguousarray(values)
    return made, masks_KDHW


def _crop(random: np.random.Generator) -> NDArray[np.float64]:
    """A part of the volume in its shape, anywhere in it; coordinates are x, y, z from -1 to 1."""
    side = random.uniform(*CROP_SHARE) ** (1 / 3)
    affine = np.diag([side, side, side, 1.0])
    affine[:3, 3] = random.uniform(-(1 - side), 1 - side, 3)
    return affine


def _move(random: np.random.Generator, aspect: float) -> NDArray[np.float64]:
    """Shift, scale and rotation; `aspect` is width by height."""
    angle = math.radians(random.uniform(-ROTATE_DEGREES, ROTATE_DEGREES))
    size = random.uniform(1 - SCALE, 1 + SCALE)
    affine = np.diag([size, size, size, 1.0])
    affine[0, :2] = size * math.cos(angle), -size * math.sin(angle) / aspect
    affine[1, :2] = size * math.sin(angle) * aspect, size * math.cos(angle)
    affine[:3, 3] = random.uniform(-SHIFT, SHIFT, 3) * 2
    return affine


def _sampled(
    values_DHWC: NDArray[np.float32], affine: NDArray[np.float64], mode: Literal["bilinear", "nearest"] = "bilinear"
) -> NDArray[np.float32]:
    """The volume at places that an affine map gives; outside, its border goes on."""
    if np.array_equal(affine, np.eye(4)):
        return np.ascontiguousarray(values_DHWC)
    volume = torch.from_numpy(np.ascontiguousarray(values_DHWC.transpose(3, 0, 1, 2)))[None]
    theta = torch.from_numpy(affine[None, :3].astype(np.float32))
    grid = functional.affine_grid(theta, list(volume.shape), align_corners=False)
    moved = functional.grid_sample(volume, grid, mode=mode, padding_mode="border", align_corners=False)
    return np.ascontiguousarray(moved[0].permute(1, 2, 3, 0).numpy())


def _cut_holes(values_DHWC: NDArray[np.float32], random: np.random.Generator) -> None:
    """Blocks of the lowest value, in place."""
    lowest = values_DHWC.min()
    for _ in range(int(random.integers(DROPOUT_HOLES[0], DROPOUT_HOLES[1] + 1))):
        place = []
        for side in values_DHWC.shape[:3]:
            length = max(1, round(side * random.uniform(*DROPOUT_SIDE)))
            start = int(random.integers(0, side - length + 1))
            place.append(slice(start, start + length))
        values_DHWC[tuple(place)] = lowest


def _lit(values_DHWC: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Other brightness and contrast, in shares of the volume's range."""
    brightness, contrast = random.uniform(-BRIGHTNESS, BRIGHTNESS), random.uniform(-CONTRAST, CONTRAST)
    mean, spread = values_DHWC.mean(), values_DHWC.max() - values_DHWC.min()
    lit: NDArray[np.float32] = ((values_DHWC - mean) * (1 + contrast) + mean + brightness * spread).astype(np.float32)
    return lit
