"""Decoding of recordings, behind `readers/audio.py`: libsndfile by content, ffmpeg for MPEG-4 where it is installed.

Samples are 32-bit floats, 1 for full scale. Channels are mixed to one by their mean. Recordings are read block by
block, so that one of hours takes no more memory than one of seconds.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.media import audio_errors as errors
from studio.datasets.media.audio_facts import (
    CLIPPED,
    LEAST_SECONDS,
    MOST_SECONDS,
    NEEDS_FFMPEG,
    QUIET,
    QUIET_SECONDS,
    SILENCE,
    AudioFacts,
)
from studio.datasets.media.audio_preview import MOST_WHOLE, parts_of_file, parts_of_samples, write_picture
from studio.datasets.media.riff import missing_frames
from studio.datasets.uploads.file_kinds import HEAD_BYTES, file_kind, kind_of_bytes
from studio.on_demand import np

if TYPE_CHECKING:
    import soundfile
    from numpy.typing import NDArray

BLOCK_FRAMES = 1 << 18
CONVERSION_SECONDS = 120


def read_facts(path: Path) -> AudioFacts:
    """Length, rate and channels of a recording from its header.

    Raises:
        AudioError: if it is no recording that is read, or far too short or long.
    """
    with opened(path) as file:
        return _facts(path, file)


def open_audio(path: Path, start: float = 0.0, seconds: float | None = None) -> tuple[NDArray[np.float32], int]:
    """Samples of a recording as one channel (frames,), and how many there are in a second.

    Args:
        start: Where to begin, in seconds.
        seconds: How much to read; the rest, if None.

    Raises:
        AudioError: if the file is empty, unsupported or damaged.
    """
    with opened(path) as file:
        facts = _facts(path, file)
        first = min(facts.frames, round(start * facts.sample_rate))
        count = facts.frames - first if seconds is None else round(seconds * facts.sample_rate)
        parts = [_mono(block) for block in _blocks(file, first, min(count, facts.frames - first))]
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return samples, facts.sample_rate


def inspect_audio(path: Path, preview: Path | None = None) -> AudioFacts:
    """Decode a recording to its last sample, once, and draw its waveform and spectrogram if asked.

    Raises:
        AudioError: as `open_audio`, and for samples that are no numbers.
    """
    with opened(path) as file:
        facts = _facts(path, file)
        is_kept = preview is not None and facts.frames <= MOST_WHOLE
        kept: list[NDArray[np.float32]] = []
        stretches: list[NDArray[np.float32]] = []
        peak, clipped, unknown, read = 0.0, 0, 0, 0
        for block in _blocks(file, 0, facts.frames):
            sizes = np.abs(block)
            unknown += int(block.size - np.isfinite(block).sum())
            peak, clipped = max(peak, float(sizes.max(initial=0))), clipped + int((sizes >= CLIPPED).sum())
            read += len(block)
            stretches.append(_loudest(sizes, max(1, round(QUIET_SECONDS * facts.sample_rate))))
            if is_kept:
                kept.append(_mono(block))
        if unknown:
            raise errors.not_finite(unknown)
        if read == 0:
            raise errors.empty("no samples")
        if preview is not None:
            parts = parts_of_samples(np.concatenate(kept)) if is_kept else parts_of_file(file)
            write_picture(parts, read, facts.sample_rate, preview)
    return replace(
        facts,
        frames=read,
        missing_frames=max(facts.missing_frames, facts.frames - read),
        peak=peak,
        clipped_share=clipped / (read * facts.channels),
        quiet_share=float((np.concatenate(stretches) < max(QUIET * peak, SILENCE)).mean()),
    )


@contextmanager
def opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """A recording to read from."""
    import soundfile

    with path.open("rb") as raw:
        head = raw.read(HEAD_BYTES)
    if not head:
        raise errors.empty()
    kind = file_kind(head)
    if kind is None or kind.group != "audio":
        raise errors.unsupported(kind_of_bytes(head))
    with tempfile.TemporaryDirectory() as folder:
        readable = path
        if kind.id == NEEDS_FFMPEG:
            readable = Path(folder) / "converted.flac"
            convert_to_flac(path, readable)
        try:
            file = soundfile.SoundFile(str(readable))
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise errors.damaged(_reason(error)) from error
        with file:
            yield file


def convert_to_flac(path: Path, target: Path) -> None:
    """Write an MPEG-4 recording as FLAC: libsndfile cannot read it. ffmpeg is told the format and opens nothing else.

    Raises:
        AudioError: without ffmpeg, or if it cannot decode the file.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise errors.unsupported("an MPEG-4 recording", "Install ffmpeg on this machine, or convert it to WAV or FLAC.")
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file", "-f", "mov", "-i", str(path)]
    try:
        done = subprocess.run(
            [*command, "-vn", "-map", "0:a:0", "-f", "flac", str(target)],
            check=False,
            capture_output=True,
            timeout=CONVERSION_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise errors.damaged("it takes too long to decode") from error
    if done.returncode != 0 or not target.is_file():
        target.unlink(missing_ok=True)
        raise errors.damaged("ffmpeg cannot decode it")


def _facts(path: Path, file: soundfile.SoundFile) -> AudioFacts:
    frames, rate = int(file.frames), int(file.samplerate)
    if frames <= 0 or rate <= 0:
        raise errors.empty("a header without samples")
    seconds = frames / rate
    if seconds < LEAST_SECONDS:
        raise errors.too_short(seconds)
    if seconds > MOST_SECONDS:
        raise errors.too_long(seconds)
    lacking = missing_frames(path) if file.format in ("WAV", "WAVEX", "RF64") else 0
    return AudioFacts(frames, rate, int(file.channels), f"{file.format}, {file.subtype}", lacking)


def _blocks(file: soundfile.SoundFile, first: int, count: int) -> Iterator[NDArray[np.float32]]:
    """Blocks (frames, channels) of a part of a file."""
    import soundfile

    try:
        file.seek(first)
        while count > 0 and len(block := file.read(min(BLOCK_FRAMES, count), dtype="float32", always_2d=True)):
            count -= len(block)
            yield block
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise errors.damaged(_reason(error)) from error


def _loudest(sizes: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """The largest of each stretch of so many frames (the last may be shorter), over all channels."""
    loudest: NDArray[np.float32] = np.maximum.reduceat(sizes.max(1), np.arange(0, len(sizes), frames))
    return loudest


def _mono(block: NDArray[np.float32]) -> NDArray[np.float32]:
    mixed: NDArray[np.float32] = block[:, 0] if block.shape[1] == 1 else block.mean(1, dtype=np.float32)
    return mixed


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", error)).strip().rstrip(".")
