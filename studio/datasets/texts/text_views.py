"""Rows of text datasets as a person looks at them."""

from collections.abc import Mapping, Sequence
from typing import Any

from studio.datasets.formatting import excerpt
from studio.datasets.texts.text_checks import as_text, columns_of
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, SampleView, TextBlock

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


def shown(block: TextBlock) -> TextBlock:
    """A block that a page can draw: at most so long, with the marks that lie in it."""
    if len(block.text) <= MAX_CHARACTERS:
        return block
    marks = tuple(mark for mark in block.marks if mark.end <= MAX_CHARACTERS)
    return block.model_copy(update={"text": block.text[:MAX_CHARACTERS], "marks": marks})
