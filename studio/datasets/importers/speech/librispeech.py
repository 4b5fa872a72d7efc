"""LibriSpeech: folders of speakers and chapters, each with recordings and a list of what is said in them.

train-clean-100/19/198/19-198.trans.txt   a line a recording: its name and what is said
train-clean-100/19/198/19-198-0000.flac
"""

from __future__ import annotations

from pathlib import PurePosixPath

from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import lines_of, nothing_there, report_absent, role_of
from studio.datasets.importers.speech.spoken_rows import SPEAKER, TRANSCRIPT, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER

TRANSCRIPTS = ".trans.txt"


def recognise(upload: Upload) -> Recognition | None:
    """Lists of transcripts beside recordings of the same names."""
    lists = upload.with_ending(TRANSCRIPTS)
    if not lists or not upload.recordings.paths:
        return None
    return Recognition(0.98, (f"{len(lists)} lists of transcripts, such as {lists[0]}",))


def read(upload: Upload) -> Conversion:
    """A row a line, with speaker, chapter and subset from the folders.

    Raises:
        DatasetError, FindingsError: if there is no such list, or no row.
    """
    lists = upload.with_ending(TRANSCRIPTS)
    if not lists:
        raise nothing_there(f"file that ends in {TRANSCRIPTS}", "lists of transcripts")
    rows = SpokenRows(upload)
    absent: list[str] = []
    for path in lists:
        folders = PurePosixPath(path).parts[:-1]
        speaker, chapter = (*([""] * 2), *folders)[-2:]
        subset = folders[-3] if len(folders) > 2 else ""
        for number, line in lines_of(upload, path):
            name, _, text = line.partition(" ")
            recording = upload.recordings.with_stem(name, path)
            if recording is None:
                absent.append(f"{path}, line {number}: {name}")
                continue
            more = {SPEAKER: speaker or None, "chapter": chapter or None, "subset": subset or None}
            rows.add(role_of(path), recording, **{TRANSCRIPT: text.strip() or None, **more})
    report_absent(rows, absent)
    return rows.conversion("LibriSpeech")


LIBRISPEECH = DatasetFormat(
    "librispeech", "LibriSpeech", "Folders of speakers and chapters, each with recordings and a list of transcripts.",
    recognise, read, medium=READER.name, accounts_for_media=True,
)  # fmt: skip
