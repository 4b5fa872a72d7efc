"""ObjectMasksInput: images whose targets are objects with a box and a mask each.

Shapes: B batch, C channels, H height, W width, N objects, P planes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from studio.modeling.detection.objects import ObjectMasks, TrueObjects
from studio.modeling.images.boxed_image_input import BoxedImageBatch, BoxedImageInput
from studio.modeling.images.image_input import ImageBatch, ImageItem, ImageSamples
from studio.modeling.images.mixing import Mixture
from studio.modeling.images.pipelines import transforms_of
from studio.modeling.images.reader import Picture, stack_images
from studio.modeling.images.transforms import resized_masks
from studio.modeling.instance_segmentation.layers import Layers, layered
from studio.modeling.recipe import Media, Samples
from studio.modeling.segmentation.truth import MaskTargets, TrueMasks


@dataclass
class ObjectMasksBatch(BoxedImageBatch):
    """Images (B, C, H, W) as bytes; objects a list an image, as their number differs."""

    masks: list[ObjectMasks] = field(default_factory=list)

    def to(self, device: torch.device) -> Self:
        moved = super().to(device)
        moved.masks = [ObjectMasks(*(one.to(device) for one in masks)) for masks in self.masks]
        return moved

    @property
    def truth(self) -> list[TrueObjects]:
        """The objects of every image."""
        parts = zip(self.corners, self.classes, self.masks, strict=True)
        return [TrueObjects(corners, classes, masks) for corners, classes, masks in parts]

    def target(self, position: int) -> Layers | None:  # type: ignore[override]
        if not self.has_truth:
            return None
        planes, places = (one.cpu().numpy() for one in self.masks[position])
        return Layers(planes, places, self.classes[position].cpu().numpy())


class ObjectMasksSamples(ImageSamples):
    """Images with masks of objects, resized and augmented together."""

    def transformed(
        self, picture: Picture, target: TrueMasks | None, seed: int | None
    ) -> tuple[NDArray[np.uint8], Layers | None]:
        if target is None:
            return self.transforms.image(picture.pixels, seed), None
        height, width = picture.pixels.shape[:2]
        layers = layered(target, picture.size[1], picture.size[0])
        planes_HWP = resized_masks(layers.planes_PHW, width, height).transpose(1, 2, 0)
        pixels, moved_HWP = self.transforms.image_and_masks(picture.pixels, planes_HWP, seed)
        return pixels, layers.moved(np.ascontiguousarray(moved_HWP.transpose(2, 0, 1)))


class BoxedLayers(NamedTuple):
    """The objects of one image that have a pixel."""

    corners: torch.Tensor
    classes: torch.Tensor
    masks: ObjectMasks


class ObjectMasksInput(BoxedImageInput):
    """Images whose targets are objects in the pixels of their files."""

    def samples(self, table: pd.DataFrame, media: Media, targets: MaskTargets | None, *, training: bool) -> Samples:
        transforms = transforms_of(self.settings, training=training)
        of_rows = None if targets is None else targets.masks
        return ObjectMasksSamples(self.sources(table, media), transforms, of_rows, with_placement=not training)

    def collate(self, items: Sequence[ImageItem]) -> ObjectMasksBatch:
        objects = [boxed(item.target) for item in items if item.target is not None]
        return ObjectMasksBatch(
            rows=[item.row for item in items],
            images=stack_images([item.image for item in items]),
            placements=[item.placement for item in items if item.placement is not None],
            corners=[one.corners for one in objects],
            classes=[one.classes for one in objects],
            masks=[one.masks for one in objects],
        )

    def mixed(self, batch: ImageBatch, mixture: Mixture) -> ObjectMasksBatch:
        """Mixup shows the objects of both images, Cutmix what is to be seen of them."""
        assert isinstance(batch, ObjectMasksBatch)
        device = batch.images.device
        objects = [
            boxed(mixed_layers(batch.target(mine), batch.target(partner), mixture))
            for mine, partner in enumerate(mixture.partners.tolist())
        ]
        return replace(
            batch,
            images=mixture.images(batch.images),
            corners=[one.corners.to(device) for one in objects],
            classes=[one.classes.to(device) for one in objects],
            masks=[ObjectMasks(*(part.to(device) for part in one.masks)) for one in objects],
        )


def boxed(layers: Layers) -> BoxedLayers:
    """Objects with the boxes around their pixels; those without any are gone."""
    seen, corners_N4 = layers.boxes()
    masks = ObjectMasks(torch.from_numpy(layers.planes_PHW), torch.from_numpy(layers.places_N2[seen]))
    return BoxedLayers(torch.from_numpy(corners_N4), torch.from_numpy(layers.classes_N[seen]), masks)


def mixed_layers(mine: Layers | None, other: Layers | None, mixture: Mixture) -> Layers:
    """The objects of an image and of its partner; Cutmix hides some pixels of both."""
    assert mine is not None
    assert other is not None
    planes = [mine.planes_PHW, other.planes_PHW]
    if mixture.patch is not None:
        patch = mixture.patch
        inside = np.zeros(planes[0].shape[1:], dtype=np.uint8)
        inside[patch.y_min : patch.y_max, patch.x_min : patch.x_max] = 1
        planes = [planes[0] * (1 - inside), planes[1] * inside]
    moved = other.places_N2 + np.array([len(planes[0]), 0])
    return Layers(
        np.concatenate(planes),
        np.concatenate([mine.places_N2, moved]),
        np.concatenate([mine.classes_N, other.classes_N]),
    )
