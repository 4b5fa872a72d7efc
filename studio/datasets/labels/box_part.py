"""What a profile knows about the boxes of a dataset's objects."""

from typing import ClassVar

from studio.datasets.profile_parts import ProfilePart


class BoxPart(ProfilePart):
    """How large objects are in their images."""

    part: ClassVar[str] = "boxes"

    smallest_class_side_share: float = 0.0
    """The median box side, as a share of the image's side, of the class whose boxes are smallest; 0 if unknown."""


PART = BoxPart
