"""MaskedImageInput: images at network size with masks that move with them, and the way back to the file.

Shapes: B batch, C channels, H height, W width, K classes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.modeling.dense.tiles import Sides, blended, cut, is_exceeded, random_corner, tile_corners
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
    tiles: list[int] = field(default_factory=list)
    """Of how many images in a row each sample is put together; empty where each is one."""


class PaintedMasks(NamedTuple):
    """The masks of one image as planes that may be resized, moved and cut, and what is learned of them then."""

    planes_PHW: NDArray[np.uint8]
    targets: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    """Moved planes (P, h, w) to targets (K, h, w)."""


Painter = Callable[[TrueMasks, int, int], PaintedMasks]
"""Paints masks into planes of a height and a width."""


def painted_classes(classes: int, masks: TrueMasks, height: int, width: int) -> PaintedMasks:
    """A plane a class, which is what is learned."""
    return PaintedMasks(masks.dense(classes, height, width), np.ascontiguousarray)


class MaskedImageSamples(ImageSamples):
    """Images with masks, resized and augmented together."""

    def __init__(self, painter: Painter, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.painter = painter

    def transformed(
        self, picture: Picture, target: TrueMasks | None, seed: int | None
    ) -> tuple[NDArray[np.uint8], MaskTarget | None]:
        """Of an image, or of several that it is cut into (T, h, w, C)."""
        if target is None:
            return self.transforms.image(picture.pixels, seed), None
        height, width = picture.pixels.shape[:2]
        painted = self.painter(target, picture.size[1], picture.size[0])
        planes_PHW = resized_masks(painted.planes_PHW, width, height)
        pixels, moved_HWP = self.transforms.image_and_masks(picture.pixels, planes_PHW.transpose(1, 2, 0), seed)
        return pixels, MaskTarget(painted.targets(moved_HWP.transpose(2, 0, 1)), target)


class TiledImageSamples(MaskedImageSamples):
    """Images that are larger than the network's input stay as they are: a crop to learn from, all tiles to score."""

    def __init__(self, tile: Sides, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.tile = tile
        self.first_size = None

    def transformed(
        self, picture: Picture, target: TrueMasks | None, seed: int | None
    ) -> tuple[NDArray[np.uint8], MaskTarget | None]:
        width, height = picture.size
        if not is_exceeded((height, width), self.tile):
            return super().transformed(picture, target, seed)
        painted = None if target is None else self.painter(target, height, width)
        planes_HWP = None if painted is None else painted.planes_PHW.transpose(1, 2, 0)
        if seed is not None:
            corner = random_corner((height, width), self.tile, np.random.default_rng(seed))
            pixels = cut(picture.pixels, corner, self.tile)
            if planes_HWP is None or painted is None or target is None:
                return self.transforms.image(pixels, seed), None
            moved = self.transforms.image_and_masks(pixels, cut(planes_HWP, corner, self.tile), seed)
            return moved[0], MaskTarget(painted.targets(moved[1].transpose(2, 0, 1)), target)
        corners = tile_corners((height, width), self.tile)
        pixels_ThwC = np.stack([cut(picture.pixels, corner, self.tile) for corner in corners])
        if planes_HWP is None or painted is None or target is None:
            return pixels_ThwC, None
        pieces = (cut(planes_HWP, corner, self.tile).transpose(2, 0, 1) for corner in corners)
        return pixels_ThwC, MaskTarget(np.stack([painted.targets(piece) for piece in pieces]), target)


class MaskedImageInput(ImageInput):
    """Images whose targets are masks in the pixels of their files."""

    def samples(self, table: pd.DataFrame, media: Media, targets: MaskTargets | None, *, training: bool) -> Samples:
        transforms = transforms_of(self.settings, training=training)
        of_rows = None if targets is None else targets.masks
        painter = self.painter(0 if targets is None else targets.classes)
        sources = self.sources(table, media)
        if self._is_tiled:
            return TiledImageSamples(self._tile, painter, sources, transforms, of_rows, with_placement=not training)
        return MaskedImageSamples(painter, sources, transforms, of_rows, with_placement=not training)

    def painter(self, classes: int) -> Painter:
        """How masks of so many classes become planes and targets."""
        return partial(painted_classes, classes)

    def collate(self, items: Sequence[ImageItem]) -> MaskedImageBatch:
        targets: list[MaskTarget] = [item.target for item in items if item.target is not None]
        images = [piece for item in items for piece in (item.image if item.image.ndim == 4 else item.image[None])]
        moved = [piece for one in targets for piece in (one.moved if one.moved.ndim == 4 else one.moved[None])]
        return MaskedImageBatch(
            rows=[item.row for item in items],
            images=stack_images(images),
            targets=torch.from_numpy(np.stack(moved)) if moved else None,
            placements=[item.placement for item in items if item.placement is not None],
            masks_in_file=[one.in_file for one in targets],
            tiles=[len(item.image) if item.image.ndim == 4 else 1 for item in items] if self._is_tiled else [],
        )

    def parts(self, batch: MaskedImageBatch) -> Iterator[MaskedImageBatch]:
        """The batch in parts that fit into memory: as it is, or image by image where images are tiles."""
        if max(batch.tiles, default=1) == 1:
            yield batch
            return
        ends = np.cumsum(batch.tiles).tolist()
        for place, (end, count) in enumerate(zip(ends, batch.tiles, strict=True)):
            yield replace(
                batch,
                rows=batch.rows[place : place + 1],
                images=batch.images[end - count : end],
                targets=None if batch.targets is None else batch.targets[end - count : end],
                placements=batch.placements[place : place + 1],
                masks_in_file=batch.masks_in_file[place : place + 1],
                tiles=[count],
            )

    @property
    def _is_tiled(self) -> bool:
        return bool(self.settings.image.tiling != "Off")

    @property
    def _tile(self) -> Sides:
        return self.settings.image.image_height, self.settings.image.image_width

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
        assert isinstance(batch, MaskedImageBatch)
        if max(batch.tiles, default=1) == 1:
            return (place_in_file(one, place) for one, place in zip(values_BKHW, batch.placements, strict=True))
        width, height = batch.placements[0].size
        sides = (height, width)
        return iter([blended(values_BKHW, tile_corners(sides, self._tile), sides)])
