"""The one way an image of a table becomes pixels in training and scoring: the reader that import used, and its size."""

import numpy as np
import torch
from torch import Tensor

from studio.datasets.media import open_image
from studio.errors import StudioError, TrainingError
from studio.modeling.recipe import Media


def read_image(media: Media, name: str, channels: int, row: int) -> np.ndarray:
    """Pixels (H, W, C) of the file that a row names.

    Raises:
        TrainingError: naming row and file.
    """
    try:
        return open_image(media.path(name), channels=channels)
    except (StudioError, OSError) as error:
        raise TrainingError(
            f"Row {row}: the image {name!r} cannot be read: {error}",
            hint="Import the dataset again; it checks every file.",
            code="data",
        ) from error


def stack_images(images: list[np.ndarray]) -> Tensor:
    """Images (H, W, C) of one size as bytes (B, C, H, W), laid out with channels last as convolutions like it."""
    stacked = torch.from_numpy(np.stack(images))
    return stacked.permute(0, 3, 1, 2)
