"""Manifests of NeMo: an object a line, with the recording, what is said, and for long recordings where.

{"audio_filepath": "wav/a.wav", "duration": 3.1, "text": "hello there", "offset": 12.5, "speaker": "anna"}

Without an offset, a recording is taken whole. Files end in .json or .jsonl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import lines_of, named, nothing_there, report_absent, role_of
from studio.datasets.importers.speech.pieces import Stretch, seconds_of
from studio.datasets.importers.speech.spoken_rows import SPEAKER, TRANSCRIPT, Piece, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER
from studio.json_text import parse_json

RECORDING, TEXT, DURATION, OFFSET = "audio_filepath", "text", "duration", "offset"
ENDINGS = (".json", ".jsonl")
LOOKED_AT_BYTES = 4096
LINE_DEPTH = 4


def recognise(upload: Upload) -> Recognition | None:
    """Files whose first line is an object that names a recording and says what is said in it."""
    files = _files(upload)
    if not files:
        return None
    return Recognition(0.98, (f"{listed(files)}: lines with {RECORDING} and {TEXT}",))


def read(upload: Upload) -> Conversion:
    """A row a line; what has an offset is cut out of its recording.

    Raises:
        DatasetError, FindingsError: if there is no such file, or no row.
    """
    files = _files(upload)
    if not files:
        raise nothing_there(f"line with {RECORDING}", f"objects with {RECORDING} and {TEXT}, one a line")
    rows = SpokenRows(upload)
    absent: list[str] = []
    broken: list[str] = []
    for file in files:
        pieces: list[Piece] = []
        for number, line in lines_of(upload, file):
            where = f"{file}, line {number}"
            values = _object(line)
            if values is None or not isinstance(values.get(RECORDING), str):
                broken.append(where)
                continue
            recording = named(upload, values[RECORDING], file)
            if recording is None:
                absent.append(f"{where}: {values[RECORDING]}")
                continue
            columns = _columns(values)
            if values.get(OFFSET) is None:
                rows.add(role_of(file), recording, **columns)
                continue
            start, length = seconds_of(values[OFFSET]), seconds_of(values.get(DURATION))
            pieces.append(Piece(recording, Stretch(start, start + length, where), columns))
        rows.add_pieces(role_of(file), pieces)
    words = f"{len(broken)} lines are no object with {RECORDING}; they are left out."
    path, expected = broken[0].partition(",")[0] if broken else "", f'{{"{RECORDING}": ..., "{TEXT}": ...}}'
    rows.report("bad_line", path, words, broken, expected=expected, fix="Correct the lines.")
    report_absent(rows, absent)
    return rows.conversion("the manifest")


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: one for key, one in values.items() if isinstance(one, str | int | float)}
    others = {key: plain[key] for key in plain if key not in (RECORDING, TEXT, OFFSET, DURATION, SPEAKER, TRANSCRIPT)}
    return {TRANSCRIPT: plain.get(TEXT), SPEAKER: plain.get(SPEAKER), **others}


def _object(line: str) -> Mapping[str, Any] | None:
    try:
        values = parse_json(line.encode(), max_depth=LINE_DEPTH)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _files(upload: Upload) -> list[str]:
    found = []
    for path in upload.with_ending(*ENDINGS):
        with (upload.files / path).open("rb") as file:
            first = file.read(LOOKED_AT_BYTES).decode("utf-8-sig", "replace").strip().partition("\n")[0]
        values = _object(first)
        if values is not None and isinstance(values.get(RECORDING), str) and TEXT in values:
            found.append(path)
    return found


MANIFEST = DatasetFormat(
    "speech_manifest", "Manifest (NeMo)",
    f"Lines of JSON with {RECORDING}, {TEXT}, and {OFFSET} and {DURATION} of parts.",
    recognise, read, medium=READER.name, accounts_for_media=True, endings=(),
)  # fmt: skip
