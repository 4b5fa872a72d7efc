"""BoxedImageInput: images at network size with boxes that move with them, and the way back to the file.

Shapes: B batch, C channels, H height, W width, N boxes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.detection.objects import TrueObjects
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.images.image_input import ImageBatch, ImageInput, ImageItem, ImageSamples
from studio.modeling.images.mixing import Mixture
from studio.modeling.images.pipelines import transforms_of
from studio.modeling.images.reader import Picture, stack_images
from studio.modeling.images.transforms import Boxes
from studio.modeling.recipe import Media, Samples


@dataclass
class BoxedImageBatch(ImageBatch):
    """Images (B, C, H, W) as bytes; boxes a list an image, as their number differs."""

    corners: list[Tensor] = field(default_factory=list)
    """(N, 4) in network pixels."""
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

    def target(self, position: int) -> TrueBoxes | None:
        if not self.has_truth:
            return None
        return TrueBoxes(self.corners[position].numpy(), self.classes[position].numpy())


class BoxedImageSamples(ImageSamples):
    """Images with boxes of known classes, resized and augmented together."""

    def transformed(
        self, picture: Picture, target: TrueBoxes | None, seed: int | None
    ) -> tuple[NDArray[np.uint8], Boxes | None]:
        if target is None:
            return self.transforms.image(picture.pixels, seed), None
        known = target.classes >= 0
        boxes = Boxes(picture.scaled(target.corners[known]).astype(np.float32), target.classes[known])
        return self.transforms.image_and_boxes(picture.pixels, boxes, seed)


class BoxedImageInput(ImageInput):
    """Images whose targets are boxes in the pixels of their files."""

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        transforms = transforms_of(self.settings, training=training, with_boxes=targets is not None)
        return BoxedImageSamples(self.sources(table, media), transforms, targets, with_placement=not training)

    def collate(self, items: Sequence[ImageItem]) -> BoxedImageBatch:
        boxes: list[Boxes] = [item.target for item in items if item.target is not None]
        return BoxedImageBatch(
            rows=[item.row for item in items],
            images=stack_images([item.image for item in items]),
            placements=[item.placement for item in items if item.placement is not None],
            corners=[torch.from_numpy(one.corners).float() for one in boxes],
            classes=[torch.from_numpy(one.classes) for one in boxes],
        )

    def mixed(self, batch: ImageBatch, mixture: Mixture) -> BoxedImageBatch:
        assert isinstance(batch, BoxedImageBatch)
        objects = mixture.objects(batch.truth)
        return replace(
            batch,
            images=mixture.images(batch.images),
            corners=[boxes.corners_N4 for boxes in objects],
            classes=[boxes.classes_N for boxes in objects],
        )
