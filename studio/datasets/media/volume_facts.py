"""VolumeFacts: what is known about the file of a volume. Also where no volume is ever read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VolumeFormat = Literal["NPY", "NPZ", "NIfTI"]
EXTENSIONS = (".npy", ".npz", ".nii", ".nii.gz")
BYTES_PER_VALUE = 12
"""Of decoding at its worst: the values as 32-bit floats, a copy in another order, and what is drawn of them."""


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
