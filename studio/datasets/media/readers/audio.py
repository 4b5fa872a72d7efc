"""Recordings: the reader that inspection, training, pages, online answers and scoring pipelines share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.datasets.media.audio_facts import BLOCK_BYTES, EXTENSIONS, NEEDS_FFMPEG, AudioFacts
from studio.datasets.media.reader import MediaReader, Origin
from studio.datasets.uploads.file_kinds import file_kind, shown_type
from studio.files import read_head
from studio.results.prediction import MEDIA_PREFIX
from studio.results.sample_view import MediaRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from studio.datasets.dataset import TableRole
    from studio.datasets.inspection import Inspection

SECONDS = f"{MEDIA_PREFIX}seconds"
SAMPLE_RATE = f"{MEDIA_PREFIX}sample_rate"


class AudioReader(MediaReader[AudioFacts]):
    """WAV, FLAC, Ogg, MP3 and AIFF; MPEG-4 where ffmpeg is installed. What opens files loads libsndfile."""

    name = "audio"
    noun = "a recording"
    plural = "recordings"
    kinds = "a WAV, FLAC, Ogg, MP3, AIFF or M4A file"
    endings = EXTENSIONS
    smaller = "shorter recordings"
    larger = "longer recordings"
    is_drawn_by_browsers = False

    def suffix_of(self, head: bytes) -> str | None:
        found = file_kind(head)
        return found.ending if found is not None and found.group == "audio" else None

    def browser_type(self, head: bytes) -> str | None:
        return shown_type(head, "audio")

    def read_facts(self, path: Path) -> AudioFacts:
        from studio.datasets.media.audio_decoding import read_facts

        return read_facts(path)

    def decoding_bytes(self, facts: AudioFacts) -> int:
        return BLOCK_BYTES

    def is_converted(self, path: Path) -> bool:
        # ffmpeg would run again whenever it is read.
        return path.is_file() and (kind := file_kind(read_head(path))) is not None and kind.id == NEEDS_FFMPEG

    def conversion_bytes(self, path: Path) -> int:
        return BLOCK_BYTES

    def convert(self, path: Path, target: Path) -> None:
        from studio.datasets.media.audio_decoding import convert_to_flac

        convert_to_flac(path, target)

    def decode(self, path: Path, channels: int = 1) -> "NDArray[np.float32]":
        """(frames, 1), all channels mixed to one, at the recording's own rate."""
        from studio.datasets.media.audio_decoding import open_audio

        return open_audio(path)[0][:, None]

    def inspect(self, path: Path, preview: Path | None = None, *, with_thumbnail: bool = True) -> AudioFacts:
        from studio.datasets.media.audio_decoding import inspect_audio

        return inspect_audio(path, preview if with_thumbnail else None)

    def columns(self, facts: Sequence[AudioFacts | None]) -> Mapping[str, Sequence[float]]:
        """Seconds, and samples a second; 0 where unknown."""
        return {
            SECONDS: [one.seconds if one else 0.0 for one in facts],
            SAMPLE_RATE: [one.sample_rate if one else 0 for one in facts],
        }

    def reference(self, path: str, row: Mapping[str, Any], origin: Origin = "dataset") -> MediaRef:
        seconds = row.get(SECONDS)
        return MediaRef(kind=self.name, origin=origin, path=path, seconds=float(seconds) if seconds else None)

    def note_table(self, inspection: "Inspection", role: "TableRole", column: str) -> None:
        from studio.datasets.media.audio_warnings import note_recordings

        note_recordings(inspection, role, column)

    def note_all(self, inspection: "Inspection", column: str) -> None:
        from studio.datasets.media.audio_warnings import note_all_recordings

        note_all_recordings(inspection, column)

    def said(self, settings: Mapping[str, Mapping[str, Any]]) -> str:
        seconds = settings.get("audio", {}).get("training_chunk_seconds")
        return f"chunks of {seconds} seconds" if seconds else ""


READER = AudioReader()
