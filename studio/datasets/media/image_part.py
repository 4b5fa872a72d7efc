"""What a profile knows about a dataset's images."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from studio.datasets.profile_parts import ProfilePart
from studio.settings.sections.image_checks import CHANNELS_FACT


class ImagePart(ProfilePart):
    """Sizes and channels of the images of all tables."""

    part: ClassVar[str] = "images"

    sizes: tuple[tuple[int, int, int], ...] = ()
    """(width, height, count), the most frequent 50."""
    channels: dict[str, int] = Field(default_factory=dict)
    """Number of images by number of channels in the file."""
    readable_channels: tuple[int, ...] = ()
    """The numbers of channels as which every image can be read, the likeliest first."""

    def choice_facts(self) -> Mapping[str, object]:
        return {CHANNELS_FACT: list(self.readable_channels)}


PART = ImagePart
