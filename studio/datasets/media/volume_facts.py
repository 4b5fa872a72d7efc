"""VolumeFacts: what is known about the file of a volume. Also where no volume is ever read."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from studio.on_demand import np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

VolumeFormat = Literal["NPY", "NPZ", "NIfTI", "DICOM"]
EXTENSIONS = (".npy", ".npz", ".nii", ".nii.gz", ".dcm", ".dicom", ".ima")
PERCENTILES = (0.5, 1.0, 50.0, 99.0, 99.5)
"""Of the values of a volume, which are kept."""
BYTES_PER_VALUE = 12
"""Of decoding at its worst: the values as 32-bit floats, a copy in another order, and what is drawn of them."""


FARTHEST_MM = 1e6
"""A header that speaks of more, or of less than its inverse, says nothing."""
LEAST_VOLUME = 1e-3
"""Of a voxel whose axes are scaled to a length of 1, before they count as lying in one plane."""


@dataclass(frozen=True)
class Geometry:
    """Where the voxels of a volume lie in the scanned body."""

    spacing: tuple[float, float, float] | None = None
    """Millimetres between voxels along (depth, height, width); None where the file does not say."""
    orientation: str = ""
    """Where columns, rows and slices point, in nibabel's codes: LPS is left, posterior, superior. Empty if unknown."""
    affine: tuple[tuple[float, ...], ...] | None = field(default=None, repr=False)
    """(4, 4), from (column, row, slice) to millimetres right, anterior, superior, as NIfTI has it."""

    @classmethod
    def of_affine(cls, affine: NDArray[Any]) -> Geometry:
        """What a NIfTI affine (4, 4) says; nothing if it leads nowhere."""
        from nibabel.orientations import aff2axcodes

        largest = float(np.abs(affine).max())
        if not math.isfinite(largest) or largest > FARTHEST_MM:
            return cls()
        steps = np.linalg.norm(affine[:3, :3], axis=0)
        if not (steps > 1 / FARTHEST_MM).all() or abs(np.linalg.det(affine[:3, :3] / steps)) < LEAST_VOLUME:
            return cls()
        width, height, depth = map(float, steps)
        codes = aff2axcodes(affine)
        return cls((depth, height, width), "".join(map(str, codes)), tuple(map(tuple, affine.tolist())))


@dataclass(frozen=True)
class VolumeFacts:
    """What a file's header says."""

    depth: int
    height: int
    width: int
    channels: int
    format: VolumeFormat
    is_bytes: bool
    """Whether values are whole numbers from 0 to 255, and stay so."""
    lowest: float = 0.0
    highest: float = 0.0
    """Of all values; known once the volume is decoded."""
    percentiles: tuple[float, ...] = ()
    """The values at `PERCENTILES`; known once the volume is decoded."""
    geometry: Geometry = field(default_factory=Geometry)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(depth, height, width)."""
        return self.depth, self.height, self.width

    @property
    def values(self) -> int:
        """How many there are."""
        return self.depth * self.height * self.width * self.channels

    @property
    def readable_channels(self) -> tuple[int, ...]:
        """The numbers of channels as which the volume can be read."""
        return (1, 3) if self.channels == 1 else (self.channels,)

    @property
    def is_flat(self) -> bool:
        """Whether all values are the same; known once the volume is decoded."""
        return self.lowest == self.highest


def decoding_bytes(facts: VolumeFacts) -> int:
    """What decoding a volume takes at most, about."""
    return facts.values * BYTES_PER_VALUE
