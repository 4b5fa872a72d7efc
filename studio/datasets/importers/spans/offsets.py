"""What the positions of spans count, and the same spans in characters (Unicode code points).

JavaScript, which most annotation tools are written in, counts UTF-16 units: an emoji is two. Others count bytes. What
was marked proves a position where a tool writes it; else the unit that cuts the fewest words is taken, over all texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from studio.datasets.importers.spans.marked_text import MarkedText, Span
from studio.datasets.texts.span_alignment import How, find_answer
from studio.datasets.texts.word_counts import WITHOUT_BLANKS

Unit = Literal["characters", "utf-16", "bytes"]
UNITS: tuple[Unit, ...] = ("characters", "utf-16", "bytes")
_ENCODINGS: dict[Unit, tuple[str, int]] = {"utf-16": ("utf-16-le", 2), "bytes": ("utf-8", 1)}


def unit_of(rows: Sequence[MarkedText]) -> Unit:
    """What the positions of these texts count; characters where nothing speaks for anything else."""
    told = [(row.text, span) for row in rows if not row.text.isascii() for span in row.spans if span.marked is None]
    fitting = {
        unit: sum(_lies_between_words(text, in_characters(text, span, unit)) for text, span in told) for unit in UNITS
    }
    return max(UNITS, key=lambda unit: (fitting[unit], unit == "characters"))


def in_characters(text: str, span: Span, unit: Unit) -> Span | None:
    """A span in characters; None if it does not lie between characters of the text."""
    if unit == "characters" or text.isascii():
        return span
    encoding, width = _ENCODINGS[unit]
    data = text.encode(encoding, "surrogatepass")
    start, end = span.start * width, span.end * width
    if end > len(data):
        return None
    try:
        places = [len(data[:place].decode(encoding)) for place in (start, end)]
    except UnicodeDecodeError:
        return None
    return span._replace(start=places[0], end=places[1])


def aligned(text: str, span: Span, unit: Unit) -> tuple[Span | None, How]:
    """A span in characters, where its words stand, and how it was found there; None if it is not in the text."""
    if span.marked is None or not span.marked.strip():
        found = in_characters(text, span, unit)
        return found, "as given" if found == span or unit == "characters" else unit
    if text[span.start : span.end] == span.marked:
        return span, "as given"
    place = find_answer(text, span.marked, span.start)
    if place is None:
        return None, "elsewhere"
    return span._replace(start=place.start, end=place.start + len(place.text)), place.how


def cuts_word(text: str, span: Span) -> bool:
    """Whether a span begins or ends inside a word."""
    return _is_inside_word(text, span.start) or _is_inside_word(text, span.end)


def _lies_between_words(text: str, span: Span | None) -> bool:
    if span is None or span.end > len(text) or span.start >= span.end:
        return False
    inner = text[span.start : span.end]
    return inner == inner.strip() and not cuts_word(text, span)


def _is_inside_word(text: str, place: int) -> bool:
    around = text[max(0, place - 1) : place + 1]
    return 0 < place < len(text) and around.isalnum() and not WITHOUT_BLANKS.search(around)
