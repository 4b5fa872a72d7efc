"""Pictures of a volume for browsers: its three middle slices side by side, and a sheet of slices along every axis.

The sheet has a row an axis (slices along depth, height, width), each of as many square tiles as there are slices, or
`MOST_SLICES` spread evenly; tiles that a shorter axis does not fill are black. Values are shown between their 1st and
99th percentile, so that a few bright voxels do not hide the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from studio.datasets.dataset import slices_sheet
from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

MOST_SLICES = 24
TILE_SIDE = 192
MIDDLE_SIDE = 320
SHOWN_SHARE = (1.0, 99.0)
"""Percentiles."""
SAMPLED_VALUES = 1 << 18
"""Of which the percentiles are taken."""


def write_pictures(volume_DHWC: NDArray[Any], preview: Path) -> None:
    """Write the middle slices as a JPEG, and the sheet beside it."""
    shown = shown_channels(volume_DHWC)
    window = window_of(shown)
    preview.parent.mkdir(parents=True, exist_ok=True)
    middle_slices(shown, window).save(preview, "JPEG", quality=85)
    _sheet(shown, window).save(slices_sheet(preview), "JPEG", quality=80)


def shown_channels(volume_DHWC: NDArray[Any]) -> NDArray[Any]:
    """Colours where there are three channels, else the first channel."""
    return volume_DHWC if volume_DHWC.shape[3] == 3 else volume_DHWC[..., :1]


def window_of(volume_DHWC: NDArray[Any]) -> tuple[float, float]:
    """The values that are drawn black and white."""
    low, high = percentiles_of(volume_DHWC, SHOWN_SHARE)
    return (low, high) if high > low else (float(volume_DHWC.min()), float(volume_DHWC.max()))


def percentiles_of(volume_DHWC: NDArray[Any], shares: Sequence[float]) -> tuple[float, ...]:
    """The values below which these percentages of a volume lie, of values spread evenly over it."""
    flat = volume_DHWC.reshape(-1)
    # An odd step meets every column of volumes whose sides are powers of two.
    found = np.percentile(flat[:: max(1, flat.size // SAMPLED_VALUES) | 1], shares)
    return tuple(float(one) for one in found)


def middle_slices(volume_DHWC: NDArray[Any], window: tuple[float, float], side: int = MIDDLE_SIDE) -> Image.Image:
    """The middle slice along depth, height and width, side by side."""
    picture = Image.new("RGB", (3 * side, side))
    for axis in range(3):
        slice_HWC = np.take(volume_DHWC, volume_DHWC.shape[axis] // 2, axis=axis)
        _paste(picture, slice_HWC, window, side, (axis * side, 0))
    return picture


def slice_positions(count: int) -> list[int]:
    """Which of so many slices the sheet shows."""
    shown = min(count, MOST_SLICES)
    return [round(number * (count - 1) / max(1, shown - 1)) for number in range(shown)]


def heat_sheet(map_DHW: NDArray[Any], shape: tuple[int, int, int]) -> Image.Image:
    """The slices of a map from 0 to 1 in grey, laid out as the sheet of a volume of this (depth, height, width)."""
    rows = [slice_positions(count) for count in shape]
    picture = Image.new("L", (max(map(len, rows)) * TILE_SIDE, 3 * TILE_SIDE))
    for axis, positions in enumerate(rows):
        height, width = (side for number, side in enumerate(shape) if number != axis)
        for column, position in enumerate(positions):
            nearest = int((position + 0.5) * map_DHW.shape[axis] / shape[axis])
            grey = (np.take(map_DHW, nearest, axis=axis).clip(0, 1) * 255).round().astype(np.uint8)
            size, place = _fitted(width, height, TILE_SIDE, (column * TILE_SIDE, axis * TILE_SIDE))
            picture.paste(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR), place)
    return picture


def _sheet(volume_DHWC: NDArray[Any], window: tuple[float, float]) -> Image.Image:
    rows = [slice_positions(count) for count in volume_DHWC.shape[:3]]
    picture = Image.new("RGB", (max(map(len, rows)) * TILE_SIDE, 3 * TILE_SIDE))
    for axis, positions in enumerate(rows):
        for column, position in enumerate(positions):
            slice_HWC = np.take(volume_DHWC, position, axis=axis)
            _paste(picture, slice_HWC, window, TILE_SIDE, (column * TILE_SIDE, axis * TILE_SIDE))
    return picture


def _paste(
    picture: Image.Image, slice_HWC: NDArray[Any], window: tuple[float, float], side: int, corner: tuple[int, int]
) -> None:
    """A slice in the middle of its tile, as large as the tile takes it."""
    low, high = window
    scaled = (slice_HWC.astype(np.float32) - low) * (255.0 / (high - low) if high > low else 0.0)
    pixels = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
    size, place = _fitted(image.width, image.height, side, corner)
    picture.paste(image.resize(size, Image.Resampling.BILINEAR), place)


def _fitted(width: int, height: int, side: int, corner: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The size that fills a tile as far as it goes, and where it begins so that it is in the middle."""
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return size, (corner[0] + (side - size[0]) // 2, corner[1] + (side - size[1]) // 2)
