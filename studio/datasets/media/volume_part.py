"""What a profile knows about a dataset's volumes."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from studio.datasets.profile_parts import ProfilePart

VOLUME_CHANNELS_FACT = "dataset.volume_channels"
"""The numbers of channels as which every volume of the dataset can be read, the likeliest first; empty if unknown."""


class VolumePart(ProfilePart):
    """Sides, channels and range of the volumes of all tables."""

    part: ClassVar[str] = "volumes"

    shapes: tuple[tuple[int, int, int, int], ...] = ()
    """(depth, height, width, count), the most frequent 50."""
    channels: dict[str, int] = Field(default_factory=dict)
    """Number of volumes by number of channels in the file."""
    readable_channels: tuple[int, ...] = ()
    """The numbers of channels as which every volume can be read, the likeliest first."""
    lowest: float = 0.0
    highest: float = 0.0
    """Of all values."""
    are_bytes: bool = False
    """Whether all volumes hold whole numbers from 0 to 255."""

    def choice_facts(self) -> Mapping[str, object]:
        return {VOLUME_CHANNELS_FACT: list(self.readable_channels)}


PART = VolumePart
