"""MaskedVolumeInput: volumes at network size with masks that move with them, and the way back to the file.

Shapes: B batch, C channels, D depth, H height, W width, K classes, T tiles; d, h, w are a tile's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from studio.datasets.masks.run_lengths import from_text
from studio.datasets.media.volume_preview import middle_slices
from studio.modeling.dense.tiles import Sides, blended, corner_around, cut, random_corner, tile_corners
from studio.modeling.images.mixing import Mixture
from studio.modeling.predictions import row_numbers
from studio.modeling.recipe import Media, SampleIndex, Samples
from studio.modeling.segmentation.truth import MaskTargets, TrueMasks
from studio.modeling.volumes.reader import Shape, Voxels, read_voxels, resampled_masks
from studio.modeling.volumes.transforms import Strategy, augmented_with_masks
from studio.modeling.volumes.volume_input import (
    FLIPPED_AXES,
    PICTURE_SIDE,
    VolumeBatch,
    VolumeInput,
    VolumeSources,
)

FOREGROUND_SHARE = 1 / 3
"""Of training patches that are placed around a voxel of a class, as in nnU-Net: most of a scan is background."""


class MaskedVolumeItem(NamedTuple):
    """One volume with its masks, whole or as tiles."""

    row: int
    volumes_TDHWC: NDArray[Any]
    masks_TKDHW: NDArray[np.uint8] | None
    in_file: TrueMasks | None
    sides: Shape
    """Of the file."""
    range: tuple[float, float]
    """The lowest and highest value of the whole volume."""


@dataclass
class MaskedVolumeBatch(VolumeBatch):
    """Volumes (B, C, D, H, W), masks (B, K, D, H, W) as targets."""

    ranges: Tensor
    """(B, 2)"""
    sides: list[Shape] = field(default_factory=list)
    """Of the files, one a sample."""
    masks_in_file: list[TrueMasks] = field(default_factory=list)
    """One a sample; none where the table has none."""
    tiles: list[int] = field(default_factory=list)
    """Of how many volumes in a row each sample is put together."""


class MaskedVolumeSamples(Samples):
    """Volumes with masks, resampled and augmented together; larger ones, if asked, as patches or tiles."""

    def __init__(
        self, sources: VolumeSources, strategy: Strategy | None, targets: MaskTargets | None, *, is_tiled: bool
    ) -> None:
        super().__init__(len(sources.names))
        self._sources, self._strategy, self._masks, self._is_tiled = sources, strategy, targets, is_tiled

    def __getitem__(self, draw: SampleIndex) -> MaskedVolumeItem:
        names, rows, media, channels, shape = self._sources
        voxels = read_voxels(media, names[draw.row], channels, rows[draw.row], shape, keeps_larger=self._is_tiled)
        volume, truth = voxels.values, None if self._masks is None else self._masks.masks[draw.row]
        masks = None if truth is None or self._masks is None else truth.dense(self._masks.classes, *voxels.sides)
        corners = self._corners(voxels, truth, draw.seed)
        if corners is None:
            volumes, moved = [volume], None if masks is None else [resampled_masks(masks, shape)]
        else:
            volumes = [cut(volume, corner, shape) for corner in corners]
            moved = None if masks is None else [_cut_masks(masks, corner, shape) for corner in corners]
        if self._strategy is not None and draw.seed is not None:
            first = None if moved is None else moved[0]
            volumes[0], first = augmented_with_masks(volumes[0], first, self._strategy, draw.seed)
            moved = None if first is None else [first]
        stacked = None if moved is None else np.stack(moved)
        span = (float(volume.min()), float(volume.max()))
        return MaskedVolumeItem(draw.row, np.stack(volumes), stacked, truth, voxels.sides, span)

    def _corners(self, voxels: Voxels, truth: TrueMasks | None, seed: int | None) -> list[Sides] | None:
        """Where the patch to learn from, or the tiles to score, begin; None where the volume is taken whole."""
        shape = self._sources.shape
        if voxels.values.shape[:3] == shape:
            return None
        if seed is None or self._strategy is None:
            return tile_corners(voxels.sides, shape)
        return [_patch_corner(truth, voxels.sides, shape, seed)]


class MaskedVolumeInput(VolumeInput):
    """Volumes whose targets are masks in the voxels of their files."""

    def samples(self, table: pd.DataFrame, media: Media, targets: MaskTargets | None, *, training: bool) -> Samples:
        image = self.settings.image
        sources = VolumeSources(self._names(table), row_numbers(table), media, image.image_channels, self.shape)
        strategy = self.settings.augmentation.augmentations_strategy if training else None
        return MaskedVolumeSamples(sources, strategy, targets, is_tiled=image.tiling != "Off")

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
            masks_in_file=[item.in_file for item in items if item.in_file is not None],
            tiles=tiles,
        )

    def parts(self, batch: MaskedVolumeBatch) -> Iterator[MaskedVolumeBatch]:
        """The batch as it is, or volume by volume where volumes are tiles."""
        if max(batch.tiles) == 1:
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
                masks_in_file=batch.masks_in_file[place : place + 1],
                tiles=[count],
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
        if max(batch.tiles) > 1:
            (sides,) = batch.sides
            yield blended(values_BKDHW, tile_corners(sides, self.shape), sides)
            return
        for values_KDHW, sides in zip(values_BKDHW, batch.sides, strict=True):
            yield functional.interpolate(values_KDHW[None].float(), size=sides, mode="trilinear")[0]

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


def _cut_masks(masks_KDHW: NDArray[np.uint8], corner: Sides, shape: Shape) -> NDArray[np.uint8]:
    return np.ascontiguousarray(cut(masks_KDHW.transpose(1, 2, 3, 0), corner, shape).transpose(3, 0, 1, 2))


def _patch_corner(truth: TrueMasks | None, sides: Shape, shape: Shape, seed: int) -> Sides:
    """Anywhere, or so often around some voxel of a mask."""
    random = np.random.default_rng(seed)
    texts = (
        [] if truth is None else [text for text, k in zip(truth.texts, truth.classes, strict=True) if text and k >= 0]
    )
    if not texts or random.random() >= FOREGROUND_SHARE:
        return random_corner(sides, shape, seed)
    runs = from_text(texts[int(random.integers(len(texts)))])
    behind = np.cumsum(runs[:, 1])
    number = int(random.integers(behind[-1]))
    run = int(np.searchsorted(behind, number, side="right"))
    voxel = int(runs[run, 0]) - 1 + number - int(behind[run] - runs[run, 1])
    place = tuple(int(one) for one in np.unravel_index(voxel, sides, order="F"))
    return corner_around(place, sides, shape, random)
