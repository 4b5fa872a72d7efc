"""Data folders of Kaldi: wav.scp (name, file), text (name, what is said), and optionally segments and utt2spk.

data/train/wav.scp    rec1 audio/rec1.wav
data/train/segments   utt1 rec1 12.5 15.0
data/train/text       utt1 HELLO THERE
data/train/utt2spk    utt1 anna

A line of wav.scp that is a command is never run; its recording is looked up by the names of files in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import lines_of, named, nothing_there, report_absent, role_of
from studio.datasets.importers.speech.pieces import Stretch, seconds_of
from studio.datasets.importers.speech.spoken_rows import SPEAKER, TRANSCRIPT, Piece, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER

LIST, TEXT, SEGMENTS, SPEAKERS = "wav.scp", "text", "segments", "utt2spk"


def recognise(upload: Upload) -> Recognition | None:
    """Folders with wav.scp and text."""
    folders = _folders(upload)
    if not folders:
        return None
    return Recognition(0.98, (f"{listed([folder or '.' for folder in folders])}: {LIST} and {TEXT}",))


def read(upload: Upload) -> Conversion:
    """A row an utterance; those of segments are cut out of their recordings.

    Raises:
        DatasetError, FindingsError: if there is no such folder, or no row.
    """
    folders = _folders(upload)
    if not folders:
        raise nothing_there(f"folder with {LIST} and {TEXT}", f"{LIST} and {TEXT}")
    rows = SpokenRows(upload)
    absent: list[str] = []
    for folder in folders:
        _read_folder(upload, folder, rows, absent)
    report_absent(rows, absent)
    return rows.conversion("the Kaldi folders")


def _read_folder(upload: Upload, folder: str, rows: SpokenRows, absent: list[str]) -> None:
    list_path = f"{folder}{LIST}"
    recordings: dict[str, str] = {}
    for name, place in _pairs(upload, list_path).items():
        found = next((one for word in place.split() if (one := named(upload, word, list_path))), None)
        if found is None:
            absent.append(f"{list_path}: {name} {place}")
        else:
            recordings[name] = found
    texts, speakers = _pairs(upload, f"{folder}{TEXT}"), _pairs(upload, f"{folder}{SPEAKERS}")
    columns = {name: {TRANSCRIPT: text or None, SPEAKER: speakers.get(name)} for name, text in texts.items()}
    role = role_of(list_path)
    if f"{folder}{SEGMENTS}" not in upload.paths:
        for name in texts:
            if name in recordings:
                rows.add(role, recordings[name], **columns[name])
        return
    pieces: list[Piece] = []
    for number, line in lines_of(upload, f"{folder}{SEGMENTS}"):
        name, recording, start, end = (*line.split(), *[""] * 4)[:4]
        if name in columns and recording in recordings:
            stretch = Stretch(seconds_of(start), seconds_of(end), f"{folder}{SEGMENTS}, line {number}")
            pieces.append(Piece(recordings[recording], stretch, columns[name]))
    rows.add_pieces(role, pieces)


def _pairs(upload: Upload, path: str) -> Mapping[str, str]:
    """First word of each line -> the rest; empty where there is no such file."""
    if path not in upload.paths:
        return {}
    parts = (line.partition(" ") for _, line in lines_of(upload, path))
    return {name: rest.strip() for name, _, rest in parts}


def _folders(upload: Upload) -> list[str]:
    """With a slash at the end; empty for the top."""
    paths = set(upload.paths)
    found = (path.removesuffix(LIST) for path in upload.paths if PurePosixPath(path).name == LIST)
    return [folder for folder in found if f"{folder}{TEXT}" in paths]


KALDI = DatasetFormat(
    "kaldi", "Kaldi", "Folders with wav.scp, text, and optionally segments and utt2spk.",
    recognise, read, medium=READER.name, accounts_for_media=True,
)  # fmt: skip
