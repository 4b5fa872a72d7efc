"""What a profile knows about a dataset's volumes."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from studio.datasets.profile_parts import ProfilePart
from studio.settings.sections.inputs.volume import CHANNELS_FACT, SPACING_FACT


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
    median_shape: tuple[int, ...] = ()
    """(depth, height, width), each the median of all volumes; empty where there are none."""
    median_spacing: tuple[float, ...] = ()
    """Millimetres between voxels along (depth, height, width), each the median of the volumes that give it; empty where
    none does."""
    spacing_range: tuple[tuple[float, float], ...] = ()
    """The smallest and the largest spacing along (depth, height, width); empty where no volume gives it."""
    orientations: dict[str, int] = Field(default_factory=dict)
    """Number of volumes by where their columns, rows and slices point, such as LPS; "" where files do not say."""
    percentiles: dict[str, float] = Field(default_factory=dict)
    """Percentage of values, such as 99.5 -> the median over all volumes of the value that so many lie below."""

    def choice_facts(self) -> Mapping[str, object]:
        return {CHANNELS_FACT: list(self.readable_channels), SPACING_FACT: list(self.median_spacing)}


PART = VolumePart
