"""VolumeInput: rows that name volumes, over an inflated backbone of timm.

Shapes: B batch, C channels, D depth, H height, W width, K targets.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.datasets.media.readers.volume import READER
from studio.datasets.media.volume_preview import middle_slices, shown_channels, window_of
from studio.modeling.batch_normalization import group_keeps_statistics
from studio.modeling.composed_recipe import ShownRow, TargetBatch, TruthView
from studio.modeling.encoder_recipe import Encoder, EncoderInput, Score
from studio.modeling.images.hires_cam import attribution_maps
from studio.modeling.images.mixing import Mixture, mixtures
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import BatchPicture, Media, SampleIndex, Samples
from studio.modeling.volumes.encoders import volume_encoder
from studio.modeling.volumes.normalization import normalization_of
from studio.modeling.volumes.reader import Shape, read_volume
from studio.modeling.volumes.transforms import Strategy, augmented
from studio.modeling.weights import WeightsFile
from studio.results.sample_view import SampleView
from studio.settings.sections.inputs.volume import VolumeMixMixin

FLIPPED_AXES = {"Depth flip": 2, "Vertical flip": 3, "Horizontal flip": 4}
PICTURE_SIDE = 160
"""Pixels of a slice in pictures of a batch."""


class VolumeItem(NamedTuple):
    """One volume (D, H, W, C) with what is to be learned of it."""

    row: int
    volume: NDArray[Any]
    target: Any | None


@dataclass
class VolumeBatch(TargetBatch):
    """Volumes (B, C, D, H, W) as bytes or floats, targets (B, K)."""

    volumes: Tensor


class VolumeSources(NamedTuple):
    """Where the volumes of a table come from, and how they are read."""

    names: Sequence[str]
    rows: Sequence[int]
    media: Media
    channels: int
    shape: Shape


class VolumeSamples(Samples):
    """Volumes of a table, resampled and, with a strategy, augmented."""

    def __init__(self, sources: VolumeSources, strategy: Strategy | None, targets: Sequence[Any] | None) -> None:
        super().__init__(len(sources.names))
        self._sources, self._strategy, self._targets = sources, strategy, targets

    def __getitem__(self, draw: SampleIndex) -> VolumeItem:
        names, rows, media, channels, shape = self._sources
        volume = read_volume(media, names[draw.row], channels, rows[draw.row], shape)
        if self._strategy is not None and draw.seed is not None:
            volume = augmented(volume, self._strategy, draw.seed)
        return VolumeItem(draw.row, volume, None if self._targets is None else self._targets[draw.row])


class VolumeInput(EncoderInput[VolumeBatch]):
    """Volumes of one size."""

    @property
    def shape(self) -> Shape:
        """(depth, height, width) of the model's input."""
        image = self.settings.image
        return image.image_depth, image.image_height, image.image_width

    def samples(self, table: pd.DataFrame, media: Media, targets: Any | None, *, training: bool) -> Samples:
        channels = self.settings.image.image_channels
        sources = VolumeSources(self._names(table), row_numbers(table), media, channels, self.shape)
        strategy = self.settings.augmentation.augmentations_strategy if training else None
        return VolumeSamples(sources, strategy, targets)

    def collate(self, items: Sequence[VolumeItem]) -> VolumeBatch:
        targets = [item.target for item in items if item.target is not None]
        # Bytes where all are bytes, else floats.
        stacked = torch.from_numpy(np.stack([item.volume for item in items]))
        return VolumeBatch(
            rows=[item.row for item in items],
            volumes=stacked.permute(0, 4, 1, 2, 3).contiguous(),
            targets=torch.from_numpy(np.stack(targets)) if targets else None,
        )

    def weights_name(self) -> str | None:
        architecture = self.settings.architecture
        return str(architecture.encoder) if architecture.pretrained else None

    def encoder(self, weights: WeightsFile | None) -> Encoder:
        """Normalization and a pooled backbone."""
        image, architecture = self.settings.image, self.settings.architecture
        backbone, features = volume_encoder(
            architecture.encoder, image.image_channels, architecture.pool, weights, self.shape
        )
        normalization = normalization_of(image)
        return Encoder(
            {"normalization": normalization, "backbone": backbone}, features, self.keeps_statistics(self.body_group)
        )

    def keeps_statistics(self, body_group: str) -> bool:
        """Whether batch normalizations of the pretrained part, a layer group, keep their running statistics."""
        return group_keeps_statistics(self.settings, body_group)

    def tensors(self, batch: VolumeBatch) -> tuple[Tensor, ...]:
        return (batch.volumes,)

    def views(self, batch: VolumeBatch) -> Iterator[tuple[Tensor, ...]]:
        yield (batch.volumes,)
        for name in self.settings.prediction.test_time_augmentations:
            yield (batch.volumes.flip(FLIPPED_AXES[name]),)

    def mix(self, batch: VolumeBatch) -> VolumeBatch:
        augmentation = self.settings.augmentation
        if not isinstance(augmentation, VolumeMixMixin):
            return batch
        for one in mixtures(augmentation, len(batch), *self.shape[1:], corner=False):
            batch = self.mixed(batch, one)
        return batch

    def mixed(self, batch: VolumeBatch, mixture: Mixture) -> VolumeBatch:
        """Volumes with their targets, mixed."""
        assert batch.targets is not None
        targets = mixture.targets(batch.targets, self.settings.augmentation.mix_target)
        return replace(batch, volumes=mixture.images(batch.volumes), targets=targets)

    def attributions(
        self, model: nn.Module, batch: VolumeBatch, score_of: Callable[[Tensor], Score]
    ) -> list[NDArray[np.float32]] | None:
        """HiResCAM, in the shape of the model's input."""
        maps = attribution_maps(
            model, (batch.volumes,), self.shape, lambda outputs: score_of(outputs.detach())(outputs)
        )
        return None if maps is None else list(maps.cpu().numpy())

    def shown(self, scored: ScoredTable, media: Media) -> Iterator[ShownRow]:
        for position, name in enumerate(self._names(scored.table)):
            reference = READER.reference(media.relative(name), scored.known(position), media.origin)
            yield ShownRow(view={"title": name, "media": reference}, neighbour={"media": reference})

    def batch_pictures(self, batch: VolumeBatch, table: pd.DataFrame, truth_view: TruthView) -> Iterator[BatchPicture]:
        rows, names = row_numbers(table), self._names(table)
        for position, row in enumerate(batch.rows):
            target = self.pictured(batch.target(position))
            view = SampleView(row=rows[row], title=names[row], truth=None if target is None else truth_view(target))
            volume = shown_channels(batch.volumes[position].permute(1, 2, 3, 0).numpy())
            yield BatchPicture(np.asarray(middle_slices(volume, window_of(volume), PICTURE_SIDE)), view)

    def pictured(self, target: NDArray[Any] | None) -> NDArray[Any] | None:
        """A target as the middle slices show it."""
        return target

    def _names(self, table: pd.DataFrame) -> list[str]:
        return [str(name) for name in table[self.settings.dataset.image_column]]
