"""Views of images for test time augmentation.

Shapes: B batch, C channels, H height, W width.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

AXES = {"Horizontal flip": 3, "Vertical flip": 2}


def flipped_views(images_BCHW: Tensor, prediction: Any) -> Iterator[Tensor]:
    """The images as they are, and mirrored in every way that the settings of the prediction ask for."""
    yield images_BCHW
    for name in prediction.test_time_augmentations:
        yield images_BCHW.flip(AXES[name])


def turned_back(outputs_BKHW: Sequence[Tensor], prediction: Any) -> list[Tensor]:
    """Outputs a pixel of the views of `flipped_views`, each as it lies on the images as they are."""
    first, *others = outputs_BKHW
    names = prediction.test_time_augmentations
    return [first, *(one.flip(AXES[name]) for one, name in zip(others, names, strict=True))]
