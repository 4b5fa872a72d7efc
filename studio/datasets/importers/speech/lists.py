"""Lists of transcripts: their lines, the recordings that they name, and the split that their path speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.datasets.dataset import TableRole
from studio.datasets.importers.speech.spoken_rows import SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER
from studio.datasets.uploads.roles import role_by_path
from studio.errors import DatasetError

MOST_BYTES = 64 << 20
"""Of a file of transcripts: those of a thousand hours have less."""


def lines_of(upload: Upload, path: str) -> Iterator[tuple[int, str]]:
    """Lines that are not empty, with their numbers.

    Raises:
        DatasetError: for a file that is no text, or too large.
    """
    file = upload.files / path
    if file.stat().st_size > MOST_BYTES:
        found, expected = f"{file.stat().st_size >> 20} MB", f"at most {MOST_BYTES >> 20} MB"
        raise DatasetError(f"{path} is too large for a list.", hint="Split it.", found=found, expected=expected)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is no text in UTF-8 (byte {error.start + 1}).",
            hint="Save it as UTF-8.",
            found=f"byte {error.start + 1} is not of UTF-8",
            expected="text in UTF-8",
        ) from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def role_of(path: str) -> TableRole:
    """The table that a file's own name or folder speaks of; training if none does."""
    return role_by_path(path) or "train"


def nothing_there(what: str, expected: str) -> DatasetError:
    """The error for an upload that a layout was chosen for and that has nothing of it."""
    return DatasetError(
        f"The upload has no {what}.",
        hint="Choose another data format.",
        code="no_rows",
        found="none",
        expected=expected,
    )


def named(upload: Upload, name: str, near: str) -> str | None:
    """A recording by its name, with or without an ending."""
    recordings = upload.recordings
    if name.lower().endswith(READER.endings):
        return recordings.named(name, near)
    return recordings.with_stem(name.replace("\\", "/").rpartition("/")[2], near)


def report_absent(rows: SpokenRows, absent: Sequence[str]) -> None:
    """Say which rows name recordings that are not there."""
    words = f"{len(absent)} rows name recordings that are not in the upload; they are left out."
    fix = "Add the recordings, or remove the rows."
    path = absent[0].partition(",")[0] if absent else ""
    rows.report("missing_file", path, words, absent, expected="a recording for every row", fix=fix)
