"""What a profile knows about the objects of a dataset's images that have a mask each."""

from typing import ClassVar

from studio.datasets.profile_parts import ProfilePart


class InstancePart(ProfilePart):
    """How many objects images have, and how large they are."""

    part: ClassVar[str] = "instances"

    most_per_image: int = 0
    """Objects of the image that has most."""
    median_per_image: float = 0.0
    median_side_share: float = 0.0
    """Square root of an object's share of its image, the median over all objects; 0 if unknown."""


PART = InstancePart
