"""What a profile knows about a dataset's recordings."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from studio.datasets.profile_parts import ProfilePart
from studio.settings.sections.inputs.speech import LONGEST_FACT


class AudioPart(ProfilePart):
    """Lengths and rates of the recordings of all tables."""

    part: ClassVar[str] = "audio"

    seconds: float = 0.0
    """Of all recordings together."""
    median_seconds: float = 0.0
    long_seconds: float = 0.0
    """19 of 20 recordings are no longer."""
    longest_seconds: float = 0.0
    sample_rates: dict[str, int] = Field(default_factory=dict)
    """Number of recordings by samples a second, the most frequent first."""
    channels: dict[str, int] = Field(default_factory=dict)
    """Number of recordings by number of channels."""
    formats: dict[str, int] = Field(default_factory=dict)
    """Number of recordings by kind of file and of its samples, the most frequent first."""
    silent: int = 0
    """Recordings in which nothing is to be heard."""
    quiet_share: float = 0.0
    """Of the time of all recordings, that is pauses."""

    def choice_facts(self) -> Mapping[str, object]:
        return {LONGEST_FACT: self.longest_seconds}


PART = AudioPart
