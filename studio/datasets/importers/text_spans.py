"""Texts with spans: tables and JSON whose rows have a text and the stretches that were marked in it.

Exports of doccano, spaCy, Prodigy, Label Studio and their like are read (`spans/marked_text.py`). Texts are split into
words and signs; a stretch that ends inside a word splits it. What positions count is found out (`spans/offsets.py`).
Texts that somebody rejected, and texts that nobody annotated, are no truth and are left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.spans.marked_files import ENDING, marked_files, records_of
from studio.datasets.importers.spans.marked_text import MarkedText, Span, marked_text
from studio.datasets.importers.spans.offsets import Unit, aligned, cuts_word, unit_of
from studio.datasets.importers.text_tables import TextTables, joined_files, tagged_texts, with_roles
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.texts.span_alignment import How
from studio.errors import DatasetError
from studio.settings.finding import FindingLevel

_WORD = re.compile(r"\w+|[^\w\s]")
EXCERPT = 40
MOST_CUT = 0.5
"""So many spans that begin or end inside a word are too many to be meant."""


def recognise(upload: Upload) -> Recognition | None:
    """Tables and JSON with a text and a start, an end and a label of every stretch."""
    files = with_roles(marked_files(upload))
    if not files:
        return None
    return Recognition(0.96, (f"{listed(path for _, path in files)}: texts with lists of start, end and label",))


def read(upload: Upload) -> Conversion:
    """One table a split with a list of words and a list of tags a text.

    Raises:
        DatasetError: if no file has such lists.
        FindingsError: if no row is left.
    """
    files = with_roles(marked_files(upload))
    if not files:
        raise DatasetError(
            "No file has a text and lists of start, end and label.",
            hint="Export one object per text, with its text and its spans, as JSON or JSON lines.",
            code="no_spans",
            found=listed(upload.tables) or "no table",
            expected="a text, and a start, an end and a label of every span",
        )
    tables = tagged_texts()
    for role, path in files:
        _MarkedFile(path, role, tables).read(records_of(upload, path))
    tables.findings += joined_files(files)
    return tables.conversion("text with spans")


TEXT_SPANS = DatasetFormat(
    "text_spans",
    "Text with spans",
    "Tables or JSON with a text and a list of start, end and label per row.",
    recognise,
    read,
    (ENDING,),
    written_by="doccano, Prodigy, Label Studio, spaCy, LightTag",
    corrected="positions in UTF-16 units or bytes; marked words that stand elsewhere; the first of several annotations",
    left_out="rejected, cancelled and unannotated texts; spans beyond the text or across each other",
)


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


@dataclass
class _MarkedFile:
    """A file on its way into a table. Troubles are gathered by kind and reported once."""

    path: str
    role: TableRole
    tables: TextTables
    troubles: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    """What was found first, by kind of trouble."""

    def read(self, records: Sequence[object]) -> None:
        """Add every text whose spans count and can be read."""
        rows = [(record, marked_text(record)) for record in records]
        annotated = [row for _, row in rows if row is not None and row.state == "annotated"]
        for record, row in rows:
            if row is None:
                self._note("span_row", str(record), "no text with spans")
            elif row.state != "annotated":
                self._note(row.state, row.text, row.state)
        unit = unit_of(annotated)
        cuts = [is_cut for row in annotated for is_cut in self._add(row, unit)]
        if sum(cuts) > MOST_CUT * len(cuts):
            of_all = f"{sum(cuts)} of {counted(len(cuts), 'span')}"
            self._note("span_cuts", of_all, of_all)
        for code, words, expected, fix, level in _REPORTS:
            found, examples = self.shown.get(code, ""), self.troubles.get(code, [])
            message = f"{len(examples)} {words}"
            self.tables.findings += trouble(
                code, self.path, message, fix, examples, level, expected=expected, found=found
            )

    def _add(self, row: MarkedText, unit: Unit) -> list[bool]:
        """Add a text; of each of its spans, whether it cuts a word."""
        if row.annotations > 1:
            self._note("other_annotators", row.text, counted(row.annotations, "annotation"))
        found = [aligned(row.text, span, unit) for span in row.spans]
        spans = sorted({span._replace(marked=None) for span, _ in found if span is not None})
        wrong = _wrong(row.text, [span for span, _ in found], spans)
        for code in [wrong] if wrong else dict.fromkeys(_MOVED[how] for _, how in found if how in _MOVED):
            self._note(code, row.text, _shown(row.spans, len(row.text)))
        if wrong:
            return []
        words, tags = words_and_tags(row.text, spans)
        self.tables.add(self.role, {"text": words, "label": tags})
        return [cuts_word(row.text, span) for span in spans]

    def _note(self, code: str, example: str, found: str) -> None:
        self.troubles.setdefault(code, []).append(example[:EXCERPT])
        self.shown.setdefault(code, found)


def _wrong(text: str, found: Sequence[Span | None], spans: Sequence[Span]) -> str:
    """What is wrong with the spans of a row; empty if nothing is."""
    if None in found or any(one.end > len(text) or not text[one.start : one.end].strip() for one in spans):
        return "span_beyond"
    is_overlapping = any(one.end > other.start for one, other in itertools.pairwise(spans))
    return "span_overlap" if is_overlapping else ""


def _shown(spans: Sequence[Span], length: int) -> str:
    """The ends of spans, of those beyond their text if there are any, and how long it is."""
    shown = [one for one in spans if one.end > length or one.start >= one.end] or spans
    ends = ", ".join(f"{one.start} to {one.end}" for one in shown[:3]) + (", ..." if len(shown) > 3 else "")
    return f"{ends} in {counted(length, 'character')}"


_MOVED: Mapping[How, str] = {
    "bytes": "byte_offsets",
    "utf-16": "utf16_offsets",
    "elsewhere": "moved_spans",
    "respelt": "moved_spans",
}
"""How a span was found -> the code of what is said about it."""
_WARNING, _NOTE = FindingLevel.WARNING, FindingLevel.NOTE
_REPORTS: tuple[tuple[str, str, str, str, FindingLevel], ...] = (
    (
        "span_row",
        "entries hold no text with spans and are left out.",
        "a text, and a start, an end and a label of every span",
        "Complete these entries.",
        _WARNING,
    ),
    (
        "span_beyond",
        "rows have spans beyond their text, empty ones, or marked words that the text has not, and are left out.",
        "a start before the end, and both inside the text",
        "Check start and end.",
        _WARNING,
    ),
    (
        "span_overlap",
        "rows have overlapping spans, but a word has one tag; they are left out.",
        "spans that do not overlap",
        "Keep one span.",
        _WARNING,
    ),
    (
        "byte_offsets",
        "rows count start and end in bytes and were read as such.",
        "start and end in characters",
        "Count characters.",
        _WARNING,
    ),
    (
        "utf16_offsets",
        "rows count start and end in UTF-16 units, as JavaScript does, and were read as such.",
        "start and end in characters",
        "",
        _NOTE,
    ),
    (
        "moved_spans",
        "rows have marked words that stand elsewhere than their start says; they were tagged where they stand.",
        "the start of the marked words",
        "Check some of these rows.",
        _WARNING,
    ),
    (
        "span_cuts",
        "file has spans most of which begin or end inside a word.",
        "spans of whole words",
        "Check what start and end count.",
        _WARNING,
    ),
    (
        "rejected",
        "texts were rejected or skipped by their annotator and are left out.",
        "texts whose annotation was accepted",
        "",
        _NOTE,
    ),
    (
        "unannotated",
        "texts were not annotated (null) and are left out.",
        "a list of spans, or an empty one where nothing is there",
        "Annotate them, or leave them out.",
        _WARNING,
    ),
    (
        "other_annotators",
        "texts were annotated more than once; the first annotation is taken.",
        "one annotation a text",
        "",
        _NOTE,
    ),
)
