"""The one way a volume of a table becomes voxels in training and scoring: the reader that import used, and its size."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio.datasets.media.readers.volume import READER
from studio.datasets.media.volume_errors import MAX_VALUES, too_large_at_spacing
from studio.datasets.media.volume_facts import VolumeFacts
from studio.modeling.dense.tiles import is_exceeded
from studio.modeling.input_cache import Entry
from studio.modeling.recipe import Media
from studio.modeling.sample_error import reading_file

Shape = tuple[int, int, int]
"""(depth, height, width)"""
Spacing = tuple[float, float, float]
"""Millimetres between voxels along (depth, height, width)."""


class Voxels(NamedTuple):
    """A volume of a table, perhaps resampled already."""

    values: NDArray[Any]
    """(depth, height, width, channels), uint8 or float32."""
    sides: Shape
    """Of the file."""

    @property
    def shape(self) -> Shape:
        """(depth, height, width) of the values."""
        depth, height, width, _ = self.values.shape
        return depth, height, width


class Sampling(NamedTuple):
    """The voxels in which a volume is wanted."""

    shape: Shape | None
    """None leaves it as it is."""
    keeps_larger: bool = False
    """Whether volumes that are larger in any direction are not resampled to the shape."""
    spacing: Spacing | None = None
    """Resamples to this spacing, and not to the shape, those whose files give theirs."""

    def shape_of(self, sides: Shape) -> Shape:
        """(depth, height, width) of a volume of these sides, whatever its spacing."""
        if self.shape is None or (self.keeps_larger and is_exceeded(sides, self.shape)):
            return sides
        return self.shape

    def shape_at_spacing(self, facts: VolumeFacts) -> Shape | None:
        """(depth, height, width) of a volume at the spacing; None where that is not asked for, or its own not known.

        Raises:
            VolumeError: if it would be too large.
        """
        given = facts.geometry.spacing
        if self.spacing is None or given is None:
            return None
        of_axes = zip(facts.shape, given, self.spacing, strict=True)
        depth, height, width = (max(1, round(side * own / wanted)) for side, own, wanted in of_axes)
        if depth * height * width * facts.channels > MAX_VALUES:
            raise too_large_at_spacing((depth, height, width), self.spacing, MAX_VALUES // facts.channels)
        return depth, height, width

    @property
    def key(self) -> str:
        """Names it in a cache."""
        size = "decoded" if self.shape is None else "x".join(map(str, self.shape))
        spacing = "" if self.spacing is None else "-at-" + "x".join(map(str, self.spacing))
        return f"{size}{'-or-larger' if self.keeps_larger else ''}{spacing}"


def read_volume(media: Media, name: str, channels: int, row: int, shape: Shape) -> NDArray[Any]:
    """The volume that a row names, (depth, height, width, channels) of this shape, uint8 or float32.

    Raises:
        SampleError: naming row and file.
    """
    return read_voxels(media, name, channels, row, Sampling(shape)).values


def read_voxels(media: Media, name: str, channels: int, row: int, sampling: Sampling) -> Voxels:
    """The volume that a row names, in the voxels that are asked for.

    Where the media have a cache, it is asked first.

    Raises:
        SampleError: naming row and file.
    """
    with reading_file("volume", name, row):
        path = media.path(name)

        def decode() -> Entry:
            # Headers cost as much as files where a volume is a folder of slices: only a spacing asks for them.
            spaced = None if sampling.spacing is None else sampling.shape_at_spacing(READER.read_facts(path))
            volume = READER.decode(path, channels)
            sides = volume.shape[:3]
            return Entry(resampled(volume, spaced or sampling.shape_of(sides)), sides)

        if media.cache is None:
            entry = decode()
        else:
            entry = media.cache.get(path, f"volumes-{sampling.key}-{channels}-v3", decode)
        depth, height, width = entry.facts
        return Voxels(entry.array, (depth, height, width))


def resampled(volume_DHWC: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """A volume in another shape: the mean of what falls into a voxel where it shrinks, linear where it grows."""
    sides = volume_DHWC.shape[:3]
    if sides == shape:
        return volume_DHWC
    values = torch.from_numpy(np.ascontiguousarray(volume_DHWC.transpose(3, 0, 1, 2))).float()[None]
    smaller = tuple(min(pair) for pair in zip(sides, shape, strict=True))
    if smaller != sides:
        values = functional.adaptive_avg_pool3d(values, smaller)
    if smaller != shape:
        values = functional.interpolate(values, shape, mode="trilinear", align_corners=False)
    made = values[0].permute(1, 2, 3, 0).numpy()
    kept = np.rint(made).clip(0, 255).astype(np.uint8) if volume_DHWC.dtype == np.uint8 else made
    return np.ascontiguousarray(kept)


def resampled_masks(masks_KDHW: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Masks in another shape: the nearest voxel of each."""
    for axis, (side, wanted) in enumerate(zip(masks_KDHW.shape[1:], shape, strict=True), start=1):
        if side != wanted:
            places = ((np.arange(wanted) + 0.5) * side / wanted).astype(np.int64)
            masks_KDHW = np.take(masks_KDHW, places, axis=axis)
    return masks_KDHW
