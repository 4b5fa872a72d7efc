"""The one way an image of a table becomes pixels in training and scoring: the reader that import used, and its size."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from studio.datasets.media.readers.image import READER
from studio.modeling.images.transforms import resized
from studio.modeling.input_cache import Entry
from studio.modeling.recipe import Media
from studio.modeling.sample_error import reading_file

MAX_DECODED_BYTES = 3 << 20
"""Larger images are not cached as they are: reading them back takes as long as decoding saves."""


class Picture(NamedTuple):
    """An image of a table, perhaps resized already."""

    pixels: np.ndarray
    """(H, W, C)"""
    size: tuple[int, int]
    """(width, height) of the file."""

    def scaled(self, corners_N4: np.ndarray) -> np.ndarray:
        """Corners in pixels of the file as such in `pixels`."""
        scale_x, scale_y = self.pixels.shape[1] / self.size[0], self.pixels.shape[0] / self.size[1]
        return np.asarray(corners_N4 * np.array([scale_x, scale_y, scale_x, scale_y]))

    def in_file(self, frame: np.ndarray) -> np.ndarray:
        """An affine map (2, 3) that ends in `pixels` as one that ends in pixels of the file."""
        scale = np.array([self.size[0] / self.pixels.shape[1], self.size[1] / self.pixels.shape[0]])
        return np.asarray(frame * scale[:, None])


def read_picture(
    media: Media, name: str, channels: int, row: int, first_size: tuple[int, int] | None = None
) -> Picture:
    """The image that a row names.

    With `first_size` (width, height), which a pipeline says that begins with a resize, it has that size already; the
    pixels are those that the pipeline would have made. Where the media have a cache, it is asked first.

    Raises:
        SampleError: naming row and file.
    """
    with reading_file("image", name, row):
        path = media.path(name)

        def decode() -> Entry:
            image = READER.decode(path, channels)
            size = (image.shape[1], image.shape[0])
            return Entry(image if first_size is None else resized(image, *first_size), size)

        if media.cache is None:
            entry = decode()
        else:
            what = "decoded" if first_size is None else f"{first_size[0]}x{first_size[1]}"
            limit = MAX_DECODED_BYTES if first_size is None else None
            entry = media.cache.get(path, f"images-{what}-{channels}-v1", decode, max_bytes=limit)
        return Picture(entry.array, (entry.facts[0], entry.facts[1]))


def stack_images(images: list[np.ndarray]) -> Tensor:
    """Images (H, W, C) of one size as bytes (B, C, H, W), laid out with channels last as convolutions like it."""
    stacked = torch.from_numpy(np.stack(images))
    return stacked.permute(0, 3, 1, 2)
