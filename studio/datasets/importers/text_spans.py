"""Text with spans: tables whose rows have a text and a list of marked stretches, as annotation tools export them.

doccano   {"text": "...", "label": [[0, 5, "PER"]]}
spaCy     {"text": "...", "entities": [[0, 5, "PER"]]}
Prodigy   {"text": "...", "spans": [{"start": 0, "end": 5, "label": "PER"}]}

Texts are split into words and signs; a stretch that ends inside a word splits it. Ends count characters; where they
only fit as bytes, they are read as bytes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.text_tables import TextTables, file_of_role, report_unused
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.tables.table import RawTable
from studio.errors import DatasetError
from studio.on_demand import np, pa

TEXT = "text"
SPANS = ("spans", "entities", "label", "labels")
_WORD = re.compile(r"\w+|[^\w\s]")
EXCERPT = 40


class Span(NamedTuple):
    """A marked stretch; `end` lies behind the last character."""

    start: int
    end: int
    label: str


def recognise(upload: Upload) -> Recognition | None:
    """Tables with a text and lists of a start, an end and a label."""
    files, _ = file_of_role(_candidates(upload))
    if not files:
        return None
    return Recognition(0.96, (f"{', '.join(files.values())}: texts with lists of start, end and label",))


def read(upload: Upload) -> Conversion:
    """One table a split with a list of words and a list of tags a text.

    Raises:
        DatasetError: if no table has such lists.
        FindingsError: if no row is left.
    """
    files, others = file_of_role(_candidates(upload))
    if not files:
        raise DatasetError(
            "No table has a text column and lists of start, end and label.",
            hint="Export one object per line with text and spans.",
            code="no_spans",
            found=listed(upload.tables) or "no table",
            expected=f"a column {TEXT}, and lists of start, end and label",
        )
    tables = TextTables(_schema())
    for role, path in files.items():
        _read_table(upload.tables[path], path, role, tables)
    report_unused(tables, "span", others)
    return tables.conversion("text with spans")


TEXT_SPANS = DatasetFormat(
    "text_spans", "Text with spans", "Tables (JSONL) with a text and a list of start, end and label per row.",
    recognise, read,
)  # fmt: skip


def words_and_tags(text: str, spans: Sequence[Span]) -> tuple[list[str], list[str]]:
    """The words of a text, and a tag for each: B- for the first word of a stretch, I- for its others, O outside."""
    cuts = sorted({one for span in spans for one in (span.start, span.end)})
    words: list[str] = []
    tags: list[str] = []
    for match in _WORD.finditer(text):
        edges = [match.start(), *(cut for cut in cuts if match.start() < cut < match.end()), match.end()]
        for start, end in itertools.pairwise(edges):
            span = next((one for one in spans if one.start <= start and end <= one.end), None)
            words.append(text[start:end])
            is_first = span is not None and not text[span.start : start].strip()
            tags.append("O" if span is None else f"{'B' if is_first else 'I'}-{span.label}")
    return words, tags


def _candidates(upload: Upload) -> list[str]:
    return sorted(path for path, table in upload.tables.items() if _span_column(table) is not None)


def _span_column(table: RawTable) -> str | None:
    """The column of spans: lists, in which everything is a span, and some are not empty."""
    if table.kinds.get(TEXT) != "text":
        return None
    for column in SPANS:
        if table.kinds.get(column) != "list":
            continue
        cells = [one for cell in table.frame[column].dropna().head(200) for one in cell]
        if cells and all(_span(one) is not None for one in cells):
            return column
    return None


def _span(value: Any) -> Span | None:
    if isinstance(value, dict):
        value = [value.get("start"), value.get("end"), value.get("label")]
    if not isinstance(value, list | tuple | np.ndarray) or len(value) != 3:
        return None
    start, end, label = value
    if not isinstance(label, str) or not label:
        return None
    if not all(isinstance(one, int | float | str) and str(one).removesuffix(".0").isdigit() for one in (start, end)):
        return None
    return Span(int(float(start)), int(float(end)), label)


def _read_table(table: RawTable, path: str, role: TableRole, tables: TextTables) -> None:
    cells = zip(table.frame[TEXT], table.frame[str(_span_column(table))], strict=True)
    rows = [
        (text, [span for one in cell if (span := _span(one)) is not None])
        for text, cell in cells
        if isinstance(text, str) and isinstance(cell, list)
    ]
    are_bytes = _count_bytes(rows)
    troubles: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for text, given in rows:
        spans = [_from_bytes(text, one) for one in given] if are_bytes and not text.isascii() else given
        wrong = _wrong(text, spans)
        trouble_of_row = wrong or ("byte_offsets" if spans != given else "")
        if trouble_of_row:
            troubles.setdefault(trouble_of_row, []).append(text[:EXCERPT])
            shown.setdefault(trouble_of_row, _shown(given, len(text)))
        if wrong:
            continue
        words, tags = words_and_tags(text, [one for one in spans if one is not None])
        tables.add(role, {"text": words, "label": tags})
    for code, words_, expected, fix in _REPORTS:
        examples = troubles.get(code, [])
        tables.findings += trouble(
            code, path, f"{len(examples)} {words_}", fix, examples, expected=expected, found=shown.get(code, "")
        )


_REPORTS = (
    (
        "span_beyond",
        "rows have spans beyond their text, or empty ones, and are left out.",
        "a start before the end, and both inside the text",
        "Check start and end.",
    ),
    (
        "span_overlap",
        "rows have overlapping spans, but a word has one tag; they are left out.",
        "spans that do not overlap",
        "Keep one span.",
    ),
    (
        "byte_offsets",
        "rows count start and end in bytes and were read as such.",
        "start and end in characters",
        "Count characters.",
    ),
)


def _shown(spans: Sequence[Span], length: int) -> str:
    """The ends of spans, of those beyond their text if there are any, and how long it is."""
    shown = [one for one in spans if one.end > length or one.start >= one.end] or spans
    ends = ", ".join(f"{one.start} to {one.end}" for one in shown[:3]) + (", ..." if len(shown) > 3 else "")
    return f"{ends} in {counted(length, 'character')}"


def _wrong(text: str, spans: Sequence[Span | None]) -> str:
    """What is wrong with the spans of a row; empty if nothing is."""
    ordered = sorted(one for one in spans if one is not None)
    if len(ordered) < len(spans) or any(one.end > len(text) or one.start >= one.end for one in ordered):
        return "span_beyond"
    is_overlapping = any(one.end > other.start for one, other in itertools.pairwise(ordered))
    return "span_overlap" if is_overlapping else ""


def _count_bytes(rows: Sequence[tuple[str, Sequence[Span]]]) -> bool:
    """Whether ends fall between words more often when read as bytes, over the texts where it makes a difference."""
    as_characters = as_bytes = 0
    for text, spans in rows:
        if text.isascii():
            continue
        for span in spans:
            as_characters += _lies_between_words(text, span)
            as_bytes += _lies_between_words(text, _from_bytes(text, span))
    return as_bytes > as_characters


def _from_bytes(text: str, span: Span) -> Span | None:
    """A span in bytes as one in characters; None if it does not lie between characters of the text."""
    data = text.encode()
    if span.end > len(data):
        return None
    try:
        return Span(len(data[: span.start].decode()), len(data[: span.end].decode()), span.label)
    except UnicodeDecodeError:
        return None


def _lies_between_words(text: str, span: Span | None) -> bool:
    if span is None or span.end > len(text) or span.start >= span.end:
        return False
    inner, before, behind = (
        text[span.start : span.end],
        text[span.start - 1 : span.start],
        text[span.end : span.end + 1],
    )
    is_cut = (before.isalnum() and inner[0].isalnum()) or (behind.isalnum() and inner[-1].isalnum())
    return inner == inner.strip() and not is_cut


def _schema() -> pa.Schema:
    words = pa.list_(pa.string())
    return pa.schema([("text", words), ("label", words)])
