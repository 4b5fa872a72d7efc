"""LJSpeech: a list without a header, whose lines are a name, a bar and what is said, beside a folder of recordings.

metadata.csv   LJ001-0002|in being comparatively modern.|in being comparatively modern.
wavs/LJ001-0002.wav

Quotes are signs like others. Lists of single splits, such as train.txt and val.txt, may name files with their folder.
"""

from __future__ import annotations

from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import lines_of, named, nothing_there, report_absent, role_of
from studio.datasets.importers.speech.spoken_rows import TRANSCRIPT, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER

LISTS = (".csv", ".txt", ".lst")
LOOKED_AT_BYTES = 4096


def recognise(upload: Upload) -> Recognition | None:
    """Lists whose lines begin with the name of a recording and a bar."""
    lists = _barred_lists(upload)
    if not lists:
        return None
    return Recognition(0.98, (f"{listed(lists)}: lines of a name, a bar and what is said",))


def read(upload: Upload) -> Conversion:
    """A row a line: the transcript in words where the line has it, beside the one as it is written.

    Raises:
        DatasetError, FindingsError: if there is no such list, or no row.
    """
    lists = _barred_lists(upload)
    if not lists:
        raise nothing_there("list of names and transcripts with bars between", "lines such as LJ001-0001|Printing, ...")
    rows = SpokenRows(upload)
    absent: list[str] = []
    for path in lists:
        for number, line in lines_of(upload, path):
            name, *texts = (part.strip() for part in line.split("|"))
            recording = named(upload, name, path)
            if recording is None:
                absent.append(f"{path}, line {number}: {name}")
                continue
            written, spoken = (*texts, "", "")[:2]
            more = {"as_written": written or None} if spoken and spoken != written else {}
            rows.add(role_of(path), recording, **{TRANSCRIPT: spoken or written or None, **more})
    report_absent(rows, absent)
    return rows.conversion("LJSpeech")


def _barred_lists(upload: Upload) -> list[str]:
    if not upload.recordings.paths:
        return []
    found = []
    for path in upload.with_ending(*LISTS):
        with (upload.files / path).open("rb") as file:
            head = file.read(LOOKED_AT_BYTES).decode("utf-8-sig", "replace").splitlines()
        first = [line for line in head if line.strip()][:5]
        if (
            first
            and all("|" in line for line in first)
            and any(named(upload, line.split("|")[0], path) for line in first)
        ):
            found.append(path)
    return found


LJSPEECH = DatasetFormat(
    "ljspeech", "LJSpeech", "A list with a name, a bar and a transcript a line, and a folder of recordings.",
    recognise, read, medium=READER.name, accounts_for_media=True,
)  # fmt: skip
