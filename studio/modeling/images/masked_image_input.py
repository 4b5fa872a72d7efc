"""MaskedImageInput: images at network size with masks that move with them, and the way back to the file.

Shapes: B batch, C channels, H height, W width, K classes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.images.coordinates import place_in_file
from studio.modeling.images.image_input import ImageBatch, ImageInput, ImageItem, ImageSamples
from studio.modeling.images.mixing import Mixture
from studio.modeling.images.pipelines import transforms_of
from studio.modeling.images.reader import Picture, stack_images
from studio.modeling.images.transforms import resized_masks
from studio.modeling.images.tta import turned_back
from studio.modeling.recipe import Media, Samples
from studio.modeling.segmentation.truth import MaskTargets, TrueMasks


class MaskTarget(NamedTuple):
    """The masks of one image: at network size (K, h, w), and as they are in its file."""

    moved: NDArray[np.uint8]
    in_file: TrueMasks


@dataclass
class MaskedImageBatch(ImageBatch):
    """Images (B, C, H, W) as bytes, masks (B, K, H, W) as targets."""

    masks_in_file: list[TrueMasks] = field(default_factory=list)
    """As they are in the files, one an image; none where the table has none."""


class MaskedImageSamples(ImageSamples):
    """Images with masks, resized and augmented together."""

    def transformed(
        self, picture: Picture, target: tuple[TrueMasks, int] | None, seed: int | None
    ) -> tuple[NDArray[np.uint8], MaskTarget | None]:
        if target is None:
            return self.transforms.image(picture.pixels, seed), None
        masks, classes = target
        height, width = picture.pixels.shape[:2]
        dense_KHW = resized_masks(masks.dense(classes, picture.size[1], picture.size[0]), width, height)
        pixels, moved_HWK = self.transforms.image_and_masks(picture.pixels, dense_KHW.transpose(1, 2, 0), seed)
        return pixels, MaskTarget(np.ascontiguousarray(moved_HWK.transpose(2, 0, 1)), masks)


class MaskedImageInput(ImageInput):
    """Images whose targets are masks in the pixels of their files."""

    def samples(self, table: pd.DataFrame, media: Media, targets: MaskTargets | None, *, training: bool) -> Samples:
        transforms = transforms_of(self.settings, training=training)
        of_rows = None if targets is None else [(masks, targets.classes) for masks in targets.masks]
        return MaskedImageSamples(self.sources(table, media), transforms, of_rows, with_placement=not training)

    def collate(self, items: Sequence[ImageItem]) -> MaskedImageBatch:
        targets: list[MaskTarget] = [item.target for item in items if item.target is not None]
        return MaskedImageBatch(
            rows=[item.row for item in items],
            images=stack_images([item.image for item in items]),
            targets=torch.from_numpy(np.stack([one.moved for one in targets])) if targets else None,
            placements=[item.placement for item in items if item.placement is not None],
            masks_in_file=[one.in_file for one in targets],
        )

    def mixed(self, batch: ImageBatch, mixture: Mixture) -> ImageBatch:
        """Cutmix moves the patch of the masks with that of the pixels; Mixup asks the settings what is true."""
        assert batch.targets is not None
        if mixture.patch is not None:
            targets = mixture.images(batch.targets)
        else:
            targets = mixture.targets(batch.targets, self.settings.augmentation.mix_target)
        return replace(batch, images=mixture.images(batch.images), targets=targets)

    def turned_back(self, outputs: Sequence[Tensor]) -> list[Tensor]:
        """Outputs a pixel (B, K, H, W) of every view, as they lie on the images."""
        return turned_back(outputs, self.settings.prediction)

    def in_file(self, batch: ImageBatch, values_BKHW: Tensor) -> Iterator[Tensor]:
        """Values a pixel of the network as values a pixel (K, H, W) of each file."""
        return (place_in_file(one, place) for one, place in zip(values_BKHW, batch.placements, strict=True))
