"""What a profile knows about the masks of a dataset's images."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from studio.datasets.profile_parts import ProfilePart

OVERLAP_FACT = "dataset.masks_overlap"
"""Whether a pixel may be of more than one class."""


class MaskPart(ProfilePart):
    """How much of the images each class takes."""

    part: ClassVar[str] = "masks"

    pixel_shares: dict[str, float] = Field(default_factory=dict)
    """Class -> the share of all pixels of the training images."""
    images: dict[str, int] = Field(default_factory=dict)
    """Class -> the images that have any pixel of it."""
    empty_images: int = 0
    """Images without a pixel of any class."""
    mean_extent: float = 0.0
    """How far a mask reaches down a column that it is in, on average, in shares of the image's height; 0 if unknown."""
    overlap: bool = False
    """Whether a pixel may be of more than one class."""

    def choice_facts(self) -> Mapping[str, object]:
        return {OVERLAP_FACT: self.overlap}


PART = MaskPart
