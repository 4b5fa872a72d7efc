"""AudioError: what can be wrong about the file of a recording, in words."""

from studio.datasets.media.audio_facts import LEAST_SECONDS, MOST_SECONDS
from studio.datasets.media.reader import MediaError

EXPECTED = "a WAV, FLAC, Ogg, MP3, AIFF or M4A recording"


class AudioError(MediaError):
    """A file that cannot be read as a recording; the code says in which way."""

    code = "audio"


def empty(found: str = "0 bytes") -> AudioError:
    return AudioError(
        "The recording is empty.",
        hint="Copy it again, or remove the row.",
        code="audio_empty",
        found=found,
        expected=EXPECTED,
    )


def unsupported(found: str, hint: str = "Convert it to WAV or FLAC.") -> AudioError:
    return AudioError(
        "The file is not a recording that can be read.",
        hint=hint,
        code="audio_unsupported",
        found=found,
        expected=EXPECTED,
    )


def damaged(reason: str) -> AudioError:
    return AudioError(
        f"The recording is damaged ({reason}).",
        hint="Copy the file again.",
        code="audio_damaged",
        found="samples that cannot be decoded",
        expected="a complete recording",
    )


def not_finite(count: int) -> AudioError:
    return AudioError(
        f"{count:,} samples of the recording are not numbers.",
        hint="Export the recording again.",
        code="audio_not_finite",
        found="NaN or infinity",
        expected="finite samples",
    )


def too_short(seconds: float) -> AudioError:
    return AudioError(
        "The recording is too short to hear anything in it.",
        hint="Remove the row.",
        code="audio_too_short",
        found=f"{1000 * seconds:.3g} ms",
        expected=f"at least {1000 * LEAST_SECONDS:.0f} ms",
    )


def too_long(seconds: float) -> AudioError:
    return AudioError(
        f"The recording lasts {seconds / 3600:.1f} hours.",
        hint="Cut it into parts, one row each.",
        code="audio_too_large",
        found=f"{seconds / 3600:.1f} hours",
        expected=f"at most {MOST_SECONDS / 3600:.0f} hours",
    )
