"""Views of images for test time augmentation.

Shapes: B batch, C channels, H height, W width.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor

AXES = {"Horizontal flip": 3, "Vertical flip": 2}


def flipped_views(images_BCHW: Tensor, prediction: Any) -> Iterator[Tensor]:
    """The images as they are, and mirrored in every way that the settings of the prediction ask for."""
    yield images_BCHW
    for name in prediction.test_time_augmentations:
        yield images_BCHW.flip(AXES[name])
