"""MaskedVolumeInput: volumes at network size with masks that move with them, and the way back to the file.

Shapes: B batch, C channels, D depth, H height, W width, K classes, T tiles; d, h, w are a tile's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from studio.datasets.media.volume_preview import middle_slices
from studio.modeling.dense.tiles import blended, tile_corners
from studio.modeling.images.coordinates import Placement, place_in_file
from studio.modeling.images.mixing import Mixture
from studio.modeling.images.pipelines import CUSTOM, transforms_of
from studio.modeling.predictions import row_numbers
from studio.modeling.recipe import Media, Samples
from studio.modeling.segmentation.truth import MaskTargets, TrueMasks
from studio.modeling.volumes.masked_volume_samples import CustomVolumeSamples, MaskedVolumeItem, MaskedVolumeSamples
from studio.modeling.volumes.reader import Shape
from studio.modeling.volumes.volume_input import FLIPPED_AXES, PICTURE_SIDE, VolumeBatch, VolumeInput, VolumeSources


@dataclass
class MaskedVolumeBatch(VolumeBatch):
    """Volumes (B, C, D, H, W), masks (B, K, D, H, W) as targets."""

    ranges: Tensor
    """(B, 2)"""
    sides: list[Shape] = field(default_factory=list)
    """Of the files, one a sample."""
    wholes: list[Shape] = field(default_factory=list)
    """Of the volumes that tiles make up, one a sample."""
    masks_in_file: list[TrueMasks] = field(default_factory=list)
    """One a sample; none where the table has none."""
    tiles: list[int] = field(default_factory=list)
    """Of how many volumes in a row each sample is put together."""
    placements: list[Placement | None] = field(default_factory=list)
    """Where slices lie in those of the files, one a sample."""


class MaskedVolumeInput(VolumeInput):
    """Volumes whose targets are masks in the voxels of their files."""

    def samples(self, table: pd.DataFrame, media: Media, targets: MaskTargets | None, *, training: bool) -> Samples:
        image = self.settings.image
        sources = VolumeSources(self._names(table), row_numbers(table), media, image.image_channels, self.shape)
        strategy = self.settings.augmentation.augmentations_strategy
        if strategy == CUSTOM:
            transforms = transforms_of(self.settings, training=training)
            return CustomVolumeSamples(sources, transforms, targets, with_placement=not training)
        strategy = strategy if training else None
        is_tiled = image.tiling != "Off"
        is_common = is_tiled and image.voxel_spacing == "Common"
        spacing = (image.spacing_depth, image.spacing_height, image.spacing_width) if is_common else None
        return MaskedVolumeSamples(sources, strategy, targets, is_tiled=is_tiled, spacing=spacing)

    def collate(self, items: Sequence[MaskedVolumeItem]) -> MaskedVolumeBatch:  # type: ignore[override]
        masks = [item.masks_TKDHW for item in items if item.masks_TKDHW is not None]
        tiles = [len(item.volumes_TDHWC) for item in items]
        # Bytes where all are bytes, else floats.
        volumes = torch.from_numpy(np.concatenate([item.volumes_TDHWC for item in items]))
        ranges = torch.tensor([item.range for item in items], dtype=torch.float32)
        return MaskedVolumeBatch(
            rows=[item.row for item in items],
            volumes=volumes.permute(0, 4, 1, 2, 3).contiguous(),
            targets=torch.from_numpy(np.concatenate(masks)) if masks else None,
            ranges=ranges.repeat_interleave(torch.tensor(tiles), dim=0),
            sides=[item.sides for item in items],
            wholes=[item.whole for item in items],
            masks_in_file=[item.in_file for item in items if item.in_file is not None],
            tiles=tiles,
            placements=[item.placement for item in items],
        )

    def parts(self, batch: MaskedVolumeBatch) -> Iterator[MaskedVolumeBatch]:
        """The batch as it is, or volume by volume where volumes are tiles."""
        if not self._is_cut(batch):
            yield batch
            return
        ends = np.cumsum(batch.tiles).tolist()
        for place, (end, count) in enumerate(zip(ends, batch.tiles, strict=True)):
            own = slice(end - count, end)
            yield replace(
                batch,
                rows=batch.rows[place : place + 1],
                volumes=batch.volumes[own],
                targets=None if batch.targets is None else batch.targets[own],
                ranges=batch.ranges[own],
                sides=batch.sides[place : place + 1],
                wholes=batch.wholes[place : place + 1],
                masks_in_file=batch.masks_in_file[place : place + 1],
                tiles=[count],
                placements=batch.placements[place : place + 1],
            )

    def tensors(self, batch: VolumeBatch) -> tuple[Tensor, ...]:
        assert isinstance(batch, MaskedVolumeBatch)
        return batch.volumes, batch.ranges

    def views(self, batch: VolumeBatch) -> Iterator[tuple[Tensor, ...]]:
        assert isinstance(batch, MaskedVolumeBatch)
        for (volumes,) in super().views(batch):
            yield volumes, batch.ranges

    def turned_back(self, outputs: Sequence[Tensor]) -> list[Tensor]:
        """Outputs a voxel (B, K, D, H, W) of every view, as they lie on the volumes."""
        first, *others = outputs
        names = self.settings.prediction.test_time_augmentations
        return [first, *(one.flip(FLIPPED_AXES[name]) for one, name in zip(others, names, strict=True))]

    def in_file(self, batch: MaskedVolumeBatch, values_BKDHW: Tensor) -> Iterator[Tensor]:
        """Values a voxel of the network as values a voxel (K, D, H, W) of each file."""
        if self._is_cut(batch):
            (sides,), (whole,) = batch.sides, batch.wholes
            values_KDHW = blended(values_BKDHW, tile_corners(whole, self.shape), whole)
            yield functional.interpolate(values_KDHW[None], size=sides, mode="trilinear")[0]
            return
        for values_KDHW, sides, placement in zip(values_BKDHW, batch.sides, batch.placements, strict=True):
            if placement is None:
                yield functional.interpolate(values_KDHW[None].float(), size=sides, mode="trilinear")[0]
                continue
            deep = functional.interpolate(
                values_KDHW[None].float(), size=(sides[0], *values_KDHW.shape[2:]), mode="trilinear"
            )[0]
            yield place_in_file(deep.flatten(0, 1), placement).reshape(-1, *sides)

    def _is_cut(self, batch: MaskedVolumeBatch) -> bool:
        """Whether any volume has other sides than the network's input, for which pieces were taken of it."""
        return any(whole != self.shape for whole in batch.wholes)

    def mixed(self, batch: VolumeBatch, mixture: Mixture) -> VolumeBatch:
        assert isinstance(batch, MaskedVolumeBatch)
        both = super().mixed(batch, mixture)
        assert isinstance(both, MaskedVolumeBatch)
        return replace(both, ranges=mixture.targets(batch.ranges, "Ratio"))

    def pictured(self, target: NDArray[Any] | None) -> NDArray[Any] | None:
        """Masks (K, H, W) of the middle slices side by side."""
        if target is None:
            return None
        masks = (target[..., None] > 0.5).astype(np.uint8) * 255
        drawn = [np.asarray(middle_slices(mask, (0.0, 255.0), PICTURE_SIDE))[..., 0] > 127 for mask in masks]
        return np.stack(drawn)
