"""Pieces: stretches of long recordings, cut out once into files of their own below `PIECES`.

They are FLAC with the bits of the recording, so nothing is lost that the recording had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.media.reader import MediaError
from studio.datasets.uploads.discovery import PIECES
from studio.files import private_folder
from studio.settings.finding import Finding

MOST_OVERLAP = 20
"""How often all stretches of a recording may cover it; more would fill a disk."""
LONGEST_STEM = 100
BLOCK_FRAMES = 1 << 20
TOLERANCE_SECONDS = 0.05
"""Ends that lie so far behind the last sample are rounded, not wrong."""
DEEP = ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")


class Stretch(NamedTuple):
    """A part of a recording, in seconds; `where` is the file and row that speak of it."""

    start: float
    end: float
    where: str


def seconds_of(value: object) -> float:
    """A time as a file gives it; NaN, which is reported, for what is none."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def cut(upload: Upload, path: str, stretches: Sequence[Stretch]) -> tuple[list[str | None], list[Finding]]:
    """The path of each piece, None for one that cannot be cut, and why not."""
    import soundfile

    from studio.datasets.media.audio_decoding import opened

    pieces: list[str | None] = []
    wrong: dict[str, list[str]] = {}
    try:
        with opened(upload.files / path) as file:
            rate, frames = file.samplerate, file.frames
            depth = "PCM_24" if file.subtype in DEEP else "PCM_16"
            room = MOST_OVERLAP * frames / rate
            for stretch in stretches:
                problem = _problem(stretch, frames / rate)
                room -= 0 if problem else stretch.end - stretch.start
                if problem := problem or ("too_much" if room < 0 else ""):
                    wrong.setdefault(problem, []).append(f"{stretch.where}: {stretch.start:g} s to {stretch.end:g} s")
                    pieces.append(None)
                    continue
                first, last = round(stretch.start * rate), min(frames, round(stretch.end * rate))
                name = _name(path, stretch)
                private_folder((upload.files / name).parent)
                file.seek(first)
                with soundfile.SoundFile(upload.files / name, "w", rate, file.channels, depth) as piece:
                    for begin in range(first, last, BLOCK_FRAMES):
                        piece.write(file.read(min(BLOCK_FRAMES, last - begin), dtype="float32", always_2d=True))
                pieces.append(name)
    except (MediaError, soundfile.LibsndfileError) as error:
        reason = error.message if isinstance(error, MediaError) else "it is damaged"
        words = f"{len(stretches)} stretches are of a recording that cannot be read: {reason}"
        fix = "Replace the recording."
        examples = [stretch.where for stretch in stretches]
        found = trouble("unreadable_recording", path, words, fix, examples, expected="a recording that can be read")
        return [None] * len(stretches), found
    return pieces, _findings(path, frames / rate, wrong)


def _problem(stretch: Stretch, seconds: float) -> str:
    if not 0 <= stretch.start < float("inf") or not stretch.end < float("inf"):
        return "no_time"
    if stretch.end <= stretch.start:
        return "reversed"
    return "beyond_end" if stretch.end > seconds + TOLERANCE_SECONDS or stretch.start >= seconds else ""


def _findings(path: str, seconds: float, wrong: dict[str, list[str]]) -> list[Finding]:
    said = {
        "no_time": ("have no time that is a number, 0 or more", "times from 0 to the end", "Correct the times."),
        "reversed": ("end before they start, or where they start", "an end behind the start", "Swap start and end."),
        "beyond_end": (
            f"lie beyond the end of the recording, which has {seconds:.2f} s",
            f"times up to {seconds:.2f} s",
            "Correct the times, in seconds, or take the recording that they belong to.",
        ),
    }
    said["too_much"] = (
        f"come after stretches that cover the recording {MOST_OVERLAP} times",
        f"stretches that are no longer together than {MOST_OVERLAP} times {seconds:.2f} s",
        "Leave out stretches that say the same.",
    )
    findings: list[Finding] = []
    for problem, examples in wrong.items():
        words, expected, fix = said[problem]
        message = f"{len(examples)} stretches of {path} {words}; their rows are left out."
        findings += trouble(f"stretch_{problem}", path, message, fix, examples, expected=expected)
    return findings


def _name(path: str, stretch: Stretch) -> str:
    pure = PurePosixPath(path)
    stem = pure.stem
    if len(stem) > LONGEST_STEM:
        stem = f"{stem[:LONGEST_STEM]}-{hashlib.sha256(stem.encode()).hexdigest()[:12]}"
    start, end = (round(one * 1000) for one in (stretch.start, stretch.end))
    return f"{PIECES}/{(pure.parent / stem).as_posix()}_{start:09d}_{end:09d}.flac"
