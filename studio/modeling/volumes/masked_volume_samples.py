"""Samples of volumes with masks: resampled and augmented together, or cut into patches and tiles.

Shapes: C channels, D depth, H height, W width, K classes, T tiles.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import from_text
from studio.modeling.dense.tiles import Sides, corner_around, cut, random_corner, tile_corners
from studio.modeling.images.coordinates import Placement
from studio.modeling.images.transforms import Transforms
from studio.modeling.recipe import SampleIndex, Samples
from studio.modeling.segmentation.truth import MaskTargets, TrueMasks
from studio.modeling.volumes.reader import Sampling, Shape, Spacing, Voxels, read_voxels, resampled, resampled_masks
from studio.modeling.volumes.transforms import Strategy, augmented_with_masks
from studio.modeling.volumes.volume_input import VolumeSources

FOREGROUND_SHARE = 1 / 3
"""Of training patches that are placed around a voxel of a class, as in nnU-Net: most of a scan is background."""
Volume = NDArray[Any]
Masks = NDArray[np.uint8]


class MaskedVolumeItem(NamedTuple):
    """One volume with its masks, whole or as tiles."""

    row: int
    volumes_TDHWC: Volume
    masks_TKDHW: Masks | None
    in_file: TrueMasks | None
    sides: Shape
    """Of the file."""
    whole: Shape
    """Of the volume that the pieces make up."""
    range: tuple[float, float]
    """The lowest and highest value of the whole volume."""
    placement: Placement | None = None
    """Where slices lie in those of the file, if they are not simply resampled."""


class MaskedVolumeSamples(Samples):
    """Volumes of a table with masks.

    Args:
        strategy: Of augmentations; None where nothing is left to chance.
        is_tiled: Whether larger volumes come as a patch to learn from, or as tiles to score.
        spacing: Of all volumes that are cut; None leaves them as they are stored.
    """

    def __init__(
        self,
        sources: VolumeSources,
        strategy: Strategy | None,
        targets: MaskTargets | None,
        *,
        is_tiled: bool = False,
        spacing: Spacing | None = None,
    ) -> None:
        super().__init__(len(sources.names))
        self.sources, self._strategy, self._targets = sources, strategy, targets
        self._sampling = Sampling(sources.shape, keeps_larger=is_tiled, spacing=spacing)

    def __getitem__(self, draw: SampleIndex) -> MaskedVolumeItem:
        voxels = self.voxels(draw.row)
        volume, truth = voxels.values, None if self._targets is None else self._targets.masks[draw.row]
        volumes, masks = self._pieces(volume, self.masks(truth, voxels), self._corners(voxels, truth, draw.seed))
        if self._strategy is not None and draw.seed is not None:
            first = None if masks is None else masks[0]
            volumes[0], first = augmented_with_masks(volumes[0], first, self._strategy, draw.seed)
            masks = None if first is None else [first]
        stacked = None if masks is None else np.stack(masks)
        return MaskedVolumeItem(draw.row, np.stack(volumes), stacked, truth, voxels.sides, voxels.shape, _range(volume))

    def voxels(self, row: int) -> Voxels:
        """The volume of a row, at network size or, if it is to be cut, as it is."""
        names, rows, media, channels, _ = self.sources
        return read_voxels(media, names[row], channels, rows[row], self._sampling)

    def masks(self, truth: TrueMasks | None, voxels: Voxels) -> Masks | None:
        """Masks (K, D, H, W) in the voxels of the file."""
        return None if truth is None or self._targets is None else truth.dense(self._targets.classes, *voxels.sides)

    def _pieces(
        self, volume: Volume, masks: Masks | None, corners: list[Sides] | None
    ) -> tuple[list[Volume], list[Masks] | None]:
        shape = self.sources.shape
        if corners is None:
            return [volume], None if masks is None else [resampled_masks(masks, shape)]
        volumes = [cut(volume, corner, shape) for corner in corners]
        if masks is None:
            return volumes, None
        masks = resampled_masks(masks, volume.shape[:3])
        return volumes, [_cut_masks(masks, corner, shape) for corner in corners]

    def _corners(self, voxels: Voxels, truth: TrueMasks | None, seed: int | None) -> list[Sides] | None:
        """Where the patch to learn from, or the tiles to score, begin; None where the volume is taken whole."""
        shape = self.sources.shape
        if voxels.shape == shape:
            return None
        if seed is None or self._strategy is None:
            return tile_corners(voxels.shape, shape)
        return [_patch_corner(truth, voxels, shape, seed)]


class CustomVolumeSamples(MaskedVolumeSamples):
    """Volumes whose slices a pipeline of the user's own changes, all of them alike."""

    def __init__(
        self, sources: VolumeSources, transforms: Transforms, targets: MaskTargets | None, *, with_placement: bool
    ) -> None:
        super().__init__(sources, None, targets)
        self._transforms, self._with_placement = transforms, with_placement

    def __getitem__(self, draw: SampleIndex) -> MaskedVolumeItem:
        voxels = self.voxels(draw.row)
        truth = None if self._targets is None else self._targets.masks[draw.row]
        masks = self.masks(truth, voxels)
        masks_DHWK = None if masks is None else np.ascontiguousarray(masks.transpose(1, 2, 3, 0))
        slices, moved = self._transforms.slices_and_masks(voxels.values, masks_DHWK, draw.seed)
        volume = resampled(slices, self.sources.shape)
        stacked = None if moved is None else resampled_masks(moved.transpose(3, 0, 1, 2), self.sources.shape)[None]
        placement = self._placement(voxels) if self._with_placement else None
        shape = self.sources.shape
        return MaskedVolumeItem(draw.row, volume[None], stacked, truth, voxels.sides, shape, _range(volume), placement)

    def voxels(self, row: int) -> Voxels:
        names, rows, media, channels, _ = self.sources
        return read_voxels(media, names[row], channels, rows[row], Sampling(None))

    def _placement(self, voxels: Voxels) -> Placement:
        _, height, width = voxels.sides
        return Placement(self._transforms.frame(voxels.values[0]), (width, height))


def _range(volume: Volume) -> tuple[float, float]:
    return float(volume.min()), float(volume.max())


def _cut_masks(masks_KDHW: Masks, corner: Sides, shape: Shape) -> Masks:
    return np.ascontiguousarray(cut(masks_KDHW.transpose(1, 2, 3, 0), corner, shape).transpose(3, 0, 1, 2))


def _patch_corner(truth: TrueMasks | None, voxels: Voxels, shape: Shape, seed: int) -> Sides:
    """Anywhere, or so often around some voxel of a mask."""
    sides = voxels.shape
    random = np.random.default_rng(seed)
    masks = [] if truth is None else zip(truth.classes, truth.texts, strict=True)
    texts = [text for k, text in masks if text and k >= 0]
    if not texts or random.random() >= FOREGROUND_SHARE:
        return random_corner(sides, shape, random)
    runs = from_text(texts[int(random.integers(len(texts)))])
    behind = np.cumsum(runs[:, 1])
    number = int(random.integers(behind[-1]))
    run = int(np.searchsorted(behind, number, side="right"))
    voxel = int(runs[run, 0]) - 1 + number - int(behind[run] - runs[run, 1])
    in_file = np.unravel_index(voxel, voxels.sides, order="F")
    place = tuple(int(at * side / of) for at, side, of in zip(in_file, sides, voxels.sides, strict=True))
    return corner_around(place, sides, shape, random)
