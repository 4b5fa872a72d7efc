"""The one way a volume of a table becomes voxels in training and scoring: the reader that import used, and its size."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from studio.datasets.media.readers.volume import READER
from studio.errors import PathError, StudioError
from studio.modeling.input_cache import Entry
from studio.modeling.recipe import Media
from studio.modeling.sample_error import SampleError

Shape = tuple[int, int, int]
"""(depth, height, width)"""


def read_volume(media: Media, name: str, channels: int, row: int, shape: Shape) -> NDArray[Any]:
    """The volume that a row names, (depth, height, width, channels) of this shape, uint8 or float32.

    Where the media have a cache, it is asked first.

    Raises:
        SampleError: naming row and file.
    """
    try:
        path = media.path(name)

        def decode() -> Entry:
            return Entry(resampled(READER.decode(path, channels), shape))

        if media.cache is None:
            return decode().array
        return media.cache.get(path, f"volumes-{'x'.join(map(str, shape))}-{channels}-v1", decode).array
    except PathError as error:
        raise SampleError(
            f"Row {row}: the volume {name!r} is missing.",
            row=row,
            file=name,
            hint="Put the file back, or import the dataset again; it checks every file.",
            code="file_missing",
        ) from error
    except (StudioError, OSError) as error:
        raise SampleError(
            f"Row {row}: the volume {name!r} cannot be read. {error}",
            row=row,
            file=name,
            hint="Replace the file, or import the dataset again; it checks every file.",
            code="file_damaged",
        ) from error


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
