"""What a profile knows about a dataset's classes."""

from typing import ClassVar

from pydantic import Field

from studio.datasets.profile_parts import ProfilePart


class LabelPart(ProfilePart):
    """The classes, and how often each occurs."""

    part: ClassVar[str] = "labels"

    names: tuple[str, ...] = ()
    """Sorted; the order that models use."""
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Counts by table name and class."""


PART = LabelPart
