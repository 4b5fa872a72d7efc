"""AudioFacts: what is known about the file of a recording. Also where no recording is ever read."""

from __future__ import annotations

from dataclasses import dataclass

NEEDS_FFMPEG = "m4a"
"""The kind of file that libsndfile cannot read."""
EXTENSIONS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".m4a")
MOST_SECONDS = 4 * 3600.0
LEAST_SECONDS = 0.01
SILENCE = 1e-3
"""A peak of 60 dB below full scale."""
QUIET = 0.01
"""40 dB below the peak of the recording itself: pauses, even where a microphone hisses."""
QUIET_SECONDS = 0.025
"""A pause is made of stretches of this length whose loudest sample is quiet."""
CLIPPED = 0.999
CLIPPED_SHARE = 0.001
BLOCK_BYTES = 64 << 20
"""What decoding takes at most: recordings are read block by block."""


@dataclass(frozen=True)
class AudioFacts:
    """What a file's header says, and what its samples are like."""

    frames: int
    """Samples a channel."""
    sample_rate: int
    """Samples a second."""
    channels: int
    format: str
    """Of the file and of its samples, such as `WAV, PCM_16`."""
    missing_frames: int = 0
    """That the header declares and the file lacks."""
    peak: float = 0.0
    """The largest absolute value, 1 for full scale; known once the recording is decoded, as what follows."""
    clipped_share: float = 0.0
    """Of samples at full scale."""
    quiet_share: float = 0.0
    """Of its time, that is pauses."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.sample_rate

    @property
    def is_silent(self) -> bool:
        """Whether nothing is to be heard."""
        return self.peak < SILENCE
