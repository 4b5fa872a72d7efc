"""Common Voice: tables of the official splits, and a folder of clips.

train.tsv, dev.tsv, test.tsv, validated.tsv, other.tsv   columns client_id, path, sentence, and facts of the speaker
clips/common_voice_en_1.mp3
"""

from __future__ import annotations

from pathlib import PurePosixPath

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.speech.lists import named, nothing_there, report_absent
from studio.datasets.importers.speech.spoken_rows import SPEAKER, TRANSCRIPT, SpokenRows
from studio.datasets.importers.upload import Upload
from studio.datasets.media.readers.audio import READER
from studio.datasets.tables.table import RawTable


def recognise(upload: Upload) -> Recognition | None:
    """Tables with the columns of Common Voice."""
    tables = _tables(upload)
    if not tables:
        return None
    return Recognition(0.98, (f"{listed(tables)}: the columns client_id, path and sentence",))


def read(upload: Upload) -> Conversion:
    """The official train, dev and test; without train, what was validated and is in none of the others.

    Raises:
        DatasetError, FindingsError: if there is no such table, or no row.
    """
    tables = _tables(upload)
    if not tables:
        raise nothing_there("table with the columns client_id, path and sentence", "train.tsv, dev.tsv, test.tsv")
    by_name = {PurePosixPath(path).stem.lower(): path for path in tables}
    splits: tuple[tuple[TableRole, str], ...] = (("validation", "dev"), ("test", "test"), ("train", "train"))
    order: list[tuple[TableRole, str]] = [(role, by_name[name]) for role, name in splits if name in by_name]
    if "train" not in by_name:
        # Last, so that it gives only what is in no other split.
        order.append(("train", by_name.get("validated", tables[0])))
    rows = SpokenRows(upload)
    absent: list[str] = []
    for role, path in order:
        frame = upload.tables[path].frame
        names = {"path", "sentence", "client_id"}
        others = [name for name in frame.columns if name not in names and frame[name].notna().any()]
        for number, values in enumerate(frame.to_dict("records"), start=1):
            recording = named(upload, str(values["path"]), path)
            if recording is None:
                absent.append(f"{path}, row {number}: {values['path']}")
            elif recording not in rows.used:
                texts = {name: None if values[name] != values[name] else values[name] for name in (*others, "sentence")}
                more = {SPEAKER: str(values["client_id"]), **{name: texts[name] for name in others}}
                rows.add(role, recording, **{TRANSCRIPT: texts["sentence"], **more})
    used = {path for _, path in order}
    left = [path for path in tables if path not in used]
    words = f"{len(left)} tables are no official split, and are not used."
    fix = "Nothing to do, unless you want their rows: then import them by themselves."
    rows.report("unused_files", left[0] if left else "", words, left, expected="train, dev and test", fix=fix)
    report_absent(rows, absent)
    return rows.conversion("Common Voice", "are in no official split")


def _tables(upload: Upload) -> list[str]:
    def is_one(table: RawTable) -> bool:
        return {"client_id", "path", "sentence"} <= set(table.frame.columns)

    return sorted(path for path, table in upload.tables.items() if is_one(table))


COMMON_VOICE = DatasetFormat(
    "common_voice", "Common Voice", "Tables train, dev and test (or validated) with path and sentence, and clips.",
    recognise, read, medium=READER.name, accounts_for_media=True,
)  # fmt: skip
