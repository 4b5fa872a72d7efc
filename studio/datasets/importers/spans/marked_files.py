"""Files of an upload that hold texts with spans: tables, and JSON documents with a list of rows or of tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from studio.datasets.importers.spans.marked_text import ACCEPTED, KEYS, SPAN_KEYS, marked_text
from studio.datasets.importers.upload import Upload
from studio.files import overlapping_chunks
from studio.json_text import parse_json

MAX_BYTES = 256 << 20
ENDING = ".json"
_SPAN_WORDS = tuple(f'"{key}"'.encode() for key in (*SPAN_KEYS, "choices", ACCEPTED))
_FOREIGN = (b'"image_id"', b"original_width", b"shape_attributes", b'"qas"')
"""Words in annotations of images and of questions."""
_OVERLAP = 32
"""Bytes of a chunk that are looked at with the next one: no word is longer."""
SAMPLE = 200
_MOST = 0.5


def marked_files(upload: Upload) -> list[str]:
    """Tables and documents with a text and spans in every row, some of them not empty."""
    return files_with(upload, _has_spans)


def files_with(upload: Upload, holds: Callable[[Iterable[Any]], bool]) -> list[str]:
    """Tables and documents of which `holds` says that the first records are what is looked for."""
    documents = [path for path in upload.with_ending(ENDING) if _could_be_document(upload, path)]
    return sorted(
        [
            *(path for path, table in upload.tables.items() if holds(_table_records(table.frame.head(SAMPLE)))),
            *(path for path in documents if path not in upload.tables and holds(_documents(upload, path)[:SAMPLE])),
        ]
    )


def records_of(upload: Upload, path: str) -> list[Any]:
    """The rows of such a file."""
    table = upload.tables.get(path)
    return list(_documents(upload, path) if table is None else _table_records(table.frame))


def _table_records(frame: Any) -> Iterator[Any]:
    yield from frame[[name for name in frame.columns if name in KEYS]].to_dict("records")


def _has_spans(records: Iterable[Any]) -> bool:
    """Whether most records can be read, and some have a span."""
    looked = list(records)[:SAMPLE]
    found = [row for record in looked if (row := marked_text(record)) is not None]
    return len(found) > _MOST * len(looked) and any(row.spans for row in found)


def _could_be_document(upload: Upload, path: str) -> bool:
    """Whether a file has a key of spans and none of other tools, whose files may be too large to be read in vain."""
    file = upload.files / path
    if file.stat().st_size > MAX_BYTES:
        return False
    has_spans = False
    for chunk in overlapping_chunks(file, _OVERLAP):
        if any(word in chunk for word in _FOREIGN):
            return False
        has_spans = has_spans or any(word in chunk for word in _SPAN_WORDS)
    return has_spans


def _documents(upload: Upload, path: str) -> list[Any]:
    """The entries of a JSON document's list, or of its lines; nothing where it is neither."""
    data = (upload.files / path).read_bytes()
    try:
        document = parse_json(data)
    except ValueError:
        try:
            return [parse_json(line) for line in data.splitlines() if line.strip()]
        except ValueError:
            return []
    if isinstance(document, list):
        return document
    lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    return next(iter(sorted(lists, key=len, reverse=True)), [])
