"""What a network of volumes may see at once: sides, depth and batch size from the dataset's shapes and the memory.

As nnU-Net plans (Isensee et al. 2021, doi 10.1038/s41592-020-01008-z): a piece as long in millimetres along every axis,
as large as the device allows, no larger than a typical volume.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from studio.datasets.media.volume_part import VolumePart
from studio.problems.contract import SuggestionContext
from studio.settings.schema import SuggestedChange
from studio.settings.sections.inputs.masked_volume import LEAST_MM, MOST_MM, SPACINGS, VOXEL_SPACING

BYTES_A_VOXEL = 1100
"""Of training by Unet: 740 bytes of features are kept for the way back (measured), and half as many made on it."""
USED_SHARE = 0.7
"""Of a GPU's memory; the rest is for weights, fragments and others."""
MOST_VOXELS = 128**3
VOXELS_ON_CPU = 2**17
"""64 x 64 x 32: half a second forwards and backwards on a core (measured)."""
SMALLEST_SIDE, LEAST_DEEP = 8, 2
"""Voxels of a side; and of the shortest one where features are coarsest."""
DIFFERENT_SPACING = 1.1
"""The largest spacing by the smallest, from which on structures differ in size from scan to scan."""
BLOCKS = (2, 5)
BATCH_SIZES = (2, 4)


class Patch(NamedTuple):
    """What the network sees at once."""

    sides: tuple[int, ...]
    """(depth, height, width)"""
    blocks: int
    is_whole: bool
    """Whether that is a typical volume."""


def patch_changes(context: SuggestionContext) -> Iterator[SuggestedChange]:
    """Sides, blocks, tiles and batch size, each with its reason."""
    part = context.profile.part(VolumePart)
    if not part.median_shape:
        return
    on_gpu = context.gpu_count > 0
    room = int(USED_SHARE * context.gpu_memory_bytes / BYTES_A_VOXEL) if on_gpu else VOXELS_ON_CPU
    patch = patch_of(part.median_shape, part.median_spacing, min(MOST_VOXELS, room) if on_gpu else room)
    size, typical = (" x ".join(map(str, sides)) for sides in (patch.sides, part.median_shape))
    limit = "the memory of the GPU allows" if on_gpu else "a core takes in about a second"
    reason = (
        f"A typical volume has {typical} voxels, which fit whole."
        if patch.is_whole
        else f"A typical volume has {typical} voxels; pieces of {size} are what {limit}, as long in millimetres along "
        "every axis as far as it goes."
    )
    for name, side in zip(("depth", "height", "width"), patch.sides, strict=True):
        yield SuggestedChange(f"image.image_{name}", side, reason)
    if not patch.is_whole:
        yield SuggestedChange("image.tiling", "Automatic", "Pieces of larger volumes keep their small structures.")
        yield from spacing_changes(part)
    words = (
        f"The shortest side is halved {patch.blocks} times until {min(patch.sides) >> patch.blocks} voxels are left."
    )
    yield SuggestedChange("architecture.number_of_blocks", patch.blocks, words)
    fitting = room // math.prod(patch.sides) if on_gpu else VOXELS_ON_CPU // math.prod(patch.sides)
    batch_size = max(BATCH_SIZES[0], min(BATCH_SIZES[1], fitting), 2 if not on_gpu else 1)
    yield SuggestedChange("training.batch_size", batch_size, f"So many pieces of {size} fit at a time.")


def spacing_changes(part: VolumePart) -> Iterator[SuggestedChange]:
    """One spacing for scans whose spacings differ: the median of each axis."""
    differs = any(high > DIFFERENT_SPACING * low for low, high in part.spacing_range)
    if not differs or min(part.median_spacing) < LEAST_MM or max(part.median_spacing) > MOST_MM:
        return
    ranges = ", ".join(f"{low:g} to {high:g}" for low, high in part.spacing_range)
    reason = f"Voxels lie {ranges} mm apart (depth, height, width), so structures differ in size from scan to scan."
    yield SuggestedChange(VOXEL_SPACING, "Common", reason)
    for key, step in zip(SPACINGS, part.median_spacing, strict=True):
        yield SuggestedChange(key, float(f"{step:.4g}"), "The median of all volumes.")


def patch_of(shape: tuple[int, ...], spacing: tuple[float, ...], most_voxels: int) -> Patch:
    """The largest piece of at most about so many voxels, in sides that the network takes without padding."""
    is_whole = math.prod(shape) <= most_voxels
    sides = shape if is_whole else _cube(shape, spacing or (1.0,) * len(shape), most_voxels)
    deepest = round(math.log2(max(1.0, min(sides) / LEAST_DEEP)))
    blocks = max(BLOCKS[0], min(BLOCKS[1], deepest))
    multiple = 2**blocks
    return Patch(tuple(max(multiple, multiple * round(side / multiple)) for side in sides), blocks, is_whole)


def _cube(shape: tuple[int, ...], spacing: tuple[float, ...], most_voxels: int) -> tuple[int, ...]:
    """Sides of one length in millimetres, no longer than the volume's; found by halving the interval."""
    low, high = 0.0, max(side * step for side, step in zip(shape, spacing, strict=True))
    sides = shape
    for _ in range(40):
        length = (low + high) / 2
        sides = tuple(
            max(min(SMALLEST_SIDE, side), min(side, int(length / step)))
            for side, step in zip(shape, spacing, strict=True)
        )
        low, high = (length, high) if math.prod(sides) <= most_voxels else (low, length)
    return sides
