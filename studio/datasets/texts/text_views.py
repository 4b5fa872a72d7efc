"""Rows of text datasets as a person looks at them."""

from collections.abc import Mapping, Sequence
from typing import Any

from studio.datasets.formatting import excerpt
from studio.datasets.texts.text_checks import as_text, columns_of
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, SampleView, TextAnnotation, TextBlock, TextMark, TextSpan

MAX_CHARACTERS = 20_000
"""Of a text that is shown; a cell of 10 MB would stop the page."""


def text_view(row: Mapping[str, Any], blocks: Sequence[TextBlock], truth: Annotation | None) -> SampleView:
    """A sample of texts; the first gives its title."""
    cut = [shown(block) for block in blocks]
    is_long = any(len(block.text) > MAX_CHARACTERS for block in blocks)
    return SampleView(
        row=int(row[ROW]),
        title=excerpt(cut[0].text) if cut else "",
        texts=tuple(cut),
        truth=truth,
        note=f"Only the first {MAX_CHARACTERS:,} characters are shown." if is_long else "",
    )


def text_blocks(row: Mapping[str, Any], role: Any) -> list[TextBlock]:
    """The texts of a role's columns, each under its column's name."""
    return [TextBlock(name=column, text=as_text(row.get(column)) or "") for column in columns_of(role)]


def shown_spans(spans: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
    """The spans of a text that lie in what of it is shown."""
    return tuple(one for one in spans if one.end <= MAX_CHARACTERS)


def shown_text(text: str, marks: Sequence[TextMark]) -> TextAnnotation:
    """A text to write or written, as `shown` shows a block."""
    return TextAnnotation(text=text[:MAX_CHARACTERS], marks=_shown_marks(marks))


def shown(block: TextBlock) -> TextBlock:
    """A block that a page can draw: at most so long, with the marks that lie in it."""
    if len(block.text) <= MAX_CHARACTERS:
        return block
    return block.model_copy(update={"text": block.text[:MAX_CHARACTERS], "marks": _shown_marks(block.marks)})


def _shown_marks(marks: Sequence[TextMark]) -> tuple[TextMark, ...]:
    return tuple(mark for mark in marks if mark.end <= MAX_CHARACTERS)
