"""Samples and batches of object detection: images at network size with their boxes, and the way back to the file.

Shapes: B batch, C channels, H height, W width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.detection.objects import TrueObjects
from studio.modeling.images.reader import read_picture, stack_images
from studio.modeling.images.transforms import Boxes, Transforms
from studio.modeling.recipe import Batch, Draw, Media, Samples
from studio.problems.image_object_detection.truth import TrueBoxes


class Item(NamedTuple):
    """One image at network size, its boxes in network pixels, and its own size."""

    row: int
    image: NDArray[np.uint8]
    size: tuple[int, int]
    """(width, height) of the file."""
    frame: NDArray[np.float64] | None
    """The affine map (2, 3) from network pixels to those of the file; None in training, where it is random."""
    boxes: Boxes | None


@dataclass
class DetectionBatch(Batch):
    """Images (B, C, H, W) as bytes; boxes a list an image, as their number differs."""

    images: Tensor
    sizes: list[tuple[int, int]]
    frames: list[NDArray[np.float64]] = field(default_factory=list)
    corners: list[Tensor] = field(default_factory=list)
    classes: list[Tensor] = field(default_factory=list)

    def to(self, device: torch.device) -> Self:
        moved = super().to(device)
        moved.corners = [one.to(device) for one in self.corners]
        moved.classes = [one.to(device) for one in self.classes]
        return moved

    @property
    def has_truth(self) -> bool:
        """Whether the boxes are known."""
        return len(self.corners) == len(self.rows)

    @property
    def truth(self) -> list[TrueObjects]:
        """The objects of every image."""
        return [TrueObjects(*one) for one in zip(self.corners, self.classes, strict=True)]


class DetectionSamples(Samples):
    """Images of a table with their boxes, resized and augmented together."""

    def __init__(
        self,
        names: Sequence[str],
        rows: Sequence[int],
        media: Media,
        channels: int,
        transforms: Transforms,
        truth: Sequence[TrueBoxes] | None,
        *,
        training: bool,
    ) -> None:
        super().__init__(len(names))
        self._names, self._rows, self._media, self._channels = names, rows, media, channels
        self._transforms, self._truth, self._training = transforms, truth, training

    def __getitem__(self, draw: Draw) -> Item:
        name, row = self._names[draw.row], self._rows[draw.row]
        picture = read_picture(self._media, name, self._channels, row, self._transforms.first_size)
        image, size = picture.pixels, picture.size
        frame = None if self._training else picture.in_file(self._transforms.frame(image))
        if self._truth is None:
            return Item(draw.row, self._transforms.image(image, draw.seed), size, frame, None)
        true = self._truth[draw.row]
        known = true.classes >= 0
        boxes = Boxes(picture.scaled(true.corners[known]).astype(np.float32), true.classes[known])
        pixels, moved = self._transforms.image_and_boxes(image, boxes, draw.seed)
        return Item(draw.row, pixels, size, frame, moved)


def batch_of(items: Sequence[Item]) -> DetectionBatch:
    """Items side by side."""
    boxes = [item.boxes for item in items if item.boxes is not None]
    return DetectionBatch(
        rows=[item.row for item in items],
        images=stack_images([item.image for item in items]),
        sizes=[item.size for item in items],
        frames=[item.frame for item in items if item.frame is not None],
        corners=[torch.from_numpy(one.corners).float() for one in boxes],
        classes=[torch.from_numpy(one.classes) for one in boxes],
    )
