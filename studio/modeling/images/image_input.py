"""ImageInput: rows that name images, over a timm backbone.

Shapes: B batch, C channels, H height, W width, K targets.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.media.readers.image import READER
from studio.modeling.batch_normalization import group_keeps_statistics
from studio.modeling.composed_recipe import ShownRow, TargetBatch, TruthView
from studio.modeling.encoder_recipe import Encoder, EncoderInput, Score
from studio.modeling.images.backbones import feature_count, feature_extractor
from studio.modeling.images.coordinates import Placement, placed
from studio.modeling.images.hires_cam import attribution_maps
from studio.modeling.images.mixing import Mixture, mixtures
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.images.pipelines import CUSTOM, transforms_of
from studio.modeling.images.reader import Picture, read_picture, stack_images
from studio.modeling.images.transforms import Transforms
from studio.modeling.images.tta import flipped_views
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, SampleIndex, Samples
from studio.modeling.weights import WeightsFile
from studio.results.sample_view import SampleView
from studio.settings.sections.augmentation import BoxMixSection, LabelMixSection


class ImageItem(NamedTuple):
    """One image with what is to be learned of it."""

    row: int
    image: NDArray[np.uint8]
    target: Any | None
    placement: Placement | None = None


@dataclass
class ImageBatch(TargetBatch):
    """Images (B, C, H, W) as bytes, targets (B, K)."""

    images: Tensor
    placements: list[Placement] = field(default_factory=list)
    """Where the images lie in their files, if that is not simply resized."""


class ImageSources(NamedTuple):
    """Where the images of a table come from, and how they are read."""

    names: Sequence[str]
    rows: Sequence[int]
    media: Media
    channels: int


class ImageSamples(Samples):
    """Images of a table, resized and augmented."""

    def __init__(
        self, sources: ImageSources, transforms: Transforms, targets: Sequence[Any] | None, *, with_placement: bool
    ) -> None:
        super().__init__(len(sources.names))
        self._sources, self.transforms = sources, transforms
        self._targets, self._with_placement = targets, with_placement
        self.first_size = transforms.first_size
        """(width, height) at which images may be read; None for that of the file."""

    def __getitem__(self, draw: SampleIndex) -> ImageItem:
        names, rows, media, channels = self._sources
        picture = read_picture(media, names[draw.row], channels, rows[draw.row], self.first_size)
        placement = None
        if self._with_placement:
            placement = Placement(picture.in_file(self.transforms.frame(picture.pixels)), picture.size)
        target = None if self._targets is None else self._targets[draw.row]
        return ImageItem(draw.row, *self.transformed(picture, target, draw.seed), placement)

    def transformed(self, picture: Picture, target: Any | None, seed: int | None) -> tuple[NDArray[np.uint8], Any]:
        """The pixels that go in, and the target that belongs to them."""
        return self.transforms.image(picture.pixels, seed), target


class ImageInput(EncoderInput[ImageBatch]):
    """Images of one size, as bytes."""

    def sources(self, table: pd.DataFrame, media: Media) -> ImageSources:
        """The images that a table names."""
        return ImageSources(self._names(table), row_numbers(table), media, self.settings.image.image_channels)

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        is_custom = self.settings.augmentation.augmentations_strategy == CUSTOM
        transforms = transforms_of(self.settings, training=training)
        return ImageSamples(self.sources(table, media), transforms, targets, with_placement=not training and is_custom)

    def collate(self, items: Sequence[ImageItem]) -> ImageBatch:
        targets = [item.target for item in items if item.target is not None]
        return ImageBatch(
            rows=[item.row for item in items],
            images=stack_images([item.image for item in items]),
            targets=torch.from_numpy(np.stack(targets)) if targets else None,
            placements=[item.placement for item in items if item.placement is not None],
        )

    def encoder(self, weights: WeightsFile | None) -> Encoder:
        """Pixel normalization and a pooled backbone."""
        image, architecture = self.settings.image, self.settings.architecture
        size = (image.image_height, image.image_width)
        normalization = PixelNormalization(image.image_normalization, image.image_channels)
        backbone = feature_extractor(architecture.backbone, image.image_channels, architecture.pool, weights, size)
        return Encoder(
            {"normalization": normalization, "backbone": backbone},
            feature_count(backbone, image.image_channels, size),
            keeps_statistics=self.keeps_statistics(self.body_group),
            layout="Channels last",
        )

    def keeps_statistics(self, body_group: str) -> bool:
        """Whether batch normalizations of the pretrained part, a layer group, keep their running statistics."""
        return group_keeps_statistics(self.settings, body_group)

    def tensors(self, batch: ImageBatch) -> tuple[Tensor, ...]:
        return (batch.images,)

    def views(self, batch: ImageBatch) -> Iterator[tuple[Tensor, ...]]:
        return ((images,) for images in flipped_views(batch.images, self.settings.prediction))

    def mix(self, batch: ImageBatch) -> ImageBatch:
        augmentation = self.settings.augmentation
        if not isinstance(augmentation, BoxMixSection):  # identities cannot be mixed
            return batch
        height, width = batch.images.shape[-2:]
        # What is left of a box is a box where the patch is cut from a corner.
        corner = augmentation.cutmix_corner if isinstance(augmentation, LabelMixSection) else True
        for one in mixtures(augmentation, len(batch), height, width, corner=corner):
            batch = self.mixed(batch, one)
        return batch

    def mixed(self, batch: ImageBatch, mixture: Mixture) -> ImageBatch:
        """Images with their targets, mixed."""
        assert batch.targets is not None
        targets = mixture.targets(batch.targets, self.settings.augmentation.mix_target)
        return replace(batch, images=mixture.images(batch.images), targets=targets)

    def attributions(
        self, model: nn.Module, batch: ImageBatch, score_of: Callable[[Tensor], Score]
    ) -> list[NDArray[np.float32]] | None:
        """HiResCAM."""
        maps = attribution_maps(
            model, (batch.images,), batch.images.shape[2:], lambda outputs: score_of(outputs.detach())(outputs)
        )
        if maps is None:
            return None
        found = list(maps.cpu().numpy())
        if not batch.placements:
            return found
        return [placed(one, placement) for one, placement in zip(found, batch.placements, strict=True)]

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        for position, name in enumerate(self._names(scored.table)):
            reference = READER.reference(media.relative(name), scored.known(position), media.origin)
            yield ShownRow(view={"title": name, "media": reference}, neighbour={"media": reference})

    def batch_pictures(self, batch: ImageBatch, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        rows, names = row_numbers(table), self._names(table)
        for position, row in enumerate(batch.rows):
            target = batch.target(position)
            view = SampleView(row=rows[row], title=names[row], truth=None if target is None else truth_view(target))
            yield BatchPicture(batch.images[position].permute(1, 2, 0).numpy(), view)

    def _names(self, table: pd.DataFrame) -> list[str]:
        return [str(name) for name in table[self.settings.dataset.image_column]]
