"""Tables `metadata` of audio folders on the Hugging Face hub, and tables whose rows are parts of long recordings.

train/metadata.csv, test/metadata.jsonl   a column file_name, from the folder of the table
any table with start and end, or offset and duration, in seconds   a row a part of the recording that it names
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import named, nothing_there, report_absent, role_of
from studio.datasets.importers.speech.pieces import Stretch, seconds_of
from studio.datasets.importers.speech.spoken_rows import Piece, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER
from studio.datasets.tables.table import RawTable

METADATA, FILE_NAME = "metadata", "file_name"
TRANSCRIPTS = ("transcription", "transcript", "text", "sentence")
CLASSES = ("label", "labels", "class", "category")
TIMES = (("start", "end"), ("start_time", "end_time"), ("begin", "end"), ("onset", "offset"))
"""Columns of the start and of the end, in seconds."""
LENGTHS = (("offset", "duration"), ("start", "duration"), ("start_time", "duration"), ("onset", "duration"))
LOOKED_AT = 20


class Columns(NamedTuple):
    """What a table says with which columns."""

    file: str
    start: str | None = None
    end: str | None = None
    length: str | None = None


def recognise(upload: Upload, wanted: Sequence[str]) -> Recognition | None:
    """Tables `metadata`, or tables of parts, with one of these columns."""
    tables = _tables(upload, wanted)
    if not tables:
        return None
    parts = [path for path, columns in tables.items() if columns.start is not None]
    words = f"{listed(parts)}: rows are parts of recordings" if parts else f"{listed(tables)}: the column {FILE_NAME}"
    return Recognition(0.97, (words,))


def read(upload: Upload, wanted: Sequence[str]) -> Conversion:
    """All tables by their splits, with all columns; parts are cut out of their recordings.

    Raises:
        DatasetError, FindingsError: if there is no such table, or no row.
    """
    tables = _tables(upload, wanted)
    if not tables:
        raise nothing_there("table of recordings", f"a table {METADATA} with {FILE_NAME}, or columns start and end")
    rows = SpokenRows(upload)
    absent: list[str] = []
    for path, columns in tables.items():
        _read_table(upload, path, columns, rows, absent)
    report_absent(rows, absent)
    return rows.conversion("the tables", "are in no row")


def _read_table(upload: Upload, path: str, columns: Columns, rows: SpokenRows, absent: list[str]) -> None:
    frame = upload.tables[path].frame
    own = {columns.file, columns.start, columns.end, columns.length}
    others = [str(name) for name in frame.columns if name not in own and str(name) not in ("audio", "recording")]
    known = set(upload.paths)
    pieces: list[Piece] = []
    for number, values in enumerate(frame.to_dict("records"), start=1):
        beside = f"{PurePosixPath(path).parent.as_posix()}/{values[columns.file]}".removeprefix("./")
        name = str(values[columns.file])
        recording = beside if beside in known else named(upload, name, path)
        more = {key: None if values[key] != values[key] else values[key] for key in others}
        if recording is None:
            absent.append(f"{path}, row {number}: {name}")
        elif columns.start is None:
            rows.add(role_of(path), recording, **more)
        else:
            start = seconds_of(values[columns.start])
            end = start + seconds_of(values[columns.length]) if columns.length else seconds_of(values[str(columns.end)])
            pieces.append(Piece(recording, Stretch(start, end, f"{path}, row {number}"), more))
    rows.add_pieces(role_of(path), pieces)


def _tables(upload: Upload, wanted: Sequence[str]) -> dict[str, Columns]:
    if not upload.recordings.paths:
        return {}
    found = {}
    for path, table in sorted(upload.tables.items()):
        lowered = {str(name).lower(): str(name) for name in table.frame.columns}
        if any(name in lowered for name in wanted) and (columns := _columns(upload, path, table, lowered)) is not None:
            found[path] = columns
    return found


def _columns(upload: Upload, path: str, table: RawTable, lowered: dict[str, str]) -> Columns | None:
    numbers = {name for name, kind in table.kinds.items() if kind in ("integer", "number")}
    file = lowered[FILE_NAME] if FILE_NAME in lowered else _file_column(upload, path, table)
    if file is None:
        return None
    for pairs, is_length in ((TIMES, False), (LENGTHS, True)):
        for start, end in pairs:
            if {lowered.get(start), lowered.get(end)} <= numbers:
                second = lowered[end]
                return Columns(file, lowered[start], None if is_length else second, second if is_length else None)
    return Columns(file) if PurePosixPath(path).stem.lower() == METADATA and FILE_NAME in lowered else None


def _file_column(upload: Upload, path: str, table: RawTable) -> str | None:
    """The column whose first cells all name recordings."""
    for name, kind in table.kinds.items():
        cells = [str(cell) for cell in table.frame[name].dropna().head(LOOKED_AT)] if kind == "text" else []
        if cells and any(named(upload, cell, path) for cell in cells) and all("." in cell for cell in cells):
            return name
    return None


def _format(id: str, title: str, wanted: Sequence[str]) -> DatasetFormat:
    return DatasetFormat(
        id,
        title,
        f"Tables {METADATA} with {FILE_NAME}, {wanted[0]}, or rows that are parts of recordings, from start to end.",
        partial(recognise, wanted=wanted),
        partial(read, wanted=wanted),
        medium=READER.name,
        accounts_for_media=True,
    )


TRANSCRIBED_TABLES = _format("transcribed_tables", "Audio folder, or parts of recordings", TRANSCRIPTS)
LABELLED_TABLES = _format("labelled_tables", "Audio folder, or parts of recordings", CLASSES)
