"""What is said about the rows of a table of boxes: values that are missing, what the numbers are, other sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from studio.datasets.formatting import listed, quoted, shortened
from studio.datasets.importers.box_numbers import Reading
from studio.datasets.importers.troubles import trouble
from studio.datasets.tables.box_columns import BoxColumns, BoxForm
from studio.errors import in_quotes
from studio.settings.finding import Finding, FindingLevel

if TYPE_CHECKING:
    import pandas as pd

MAX_SHOWN = 20
_FORMS: dict[BoxForm, str] = {
    "xyxy": "two corners",
    "xywh": "the left upper corner, width and height",
    "cxcywh": "the middle, width and height",
}
_PIXELS = "corners in pixels"


def missing_values(
    name: str, frame: pd.DataFrame, bad: Sequence[int], image: str, of_boxes: Sequence[str]
) -> Iterator[Finding]:
    """Rows, by their places, that have no class or four finite numbers."""
    if not len(bad):
        return
    first = frame.iloc[bad[0]]
    yield Finding(
        level=FindingLevel.WARNING,
        code="box_number",
        path=f"{name}: {', '.join(of_boxes)}",
        message=f"{len(bad)} rows have no class or four finite numbers; their images are left out.",
        found=shortened(", ".join(f"{column} {quoted(first[column])}" for column in of_boxes)),
        expected="a class and four numbers in pixels, with a decimal point",
        fix="Complete these rows.",
        count=len(bad),
        rows=tuple(int(row) + 1 for row in bad[:MAX_SHOWN]),
        examples=tuple(dict.fromkeys(str(frame[image].iloc[row]) for row in bad))[:MAX_SHOWN],
    )


def no_class_column(name: str, columns: Iterable[str], one_class: str, expected: str) -> Iterator[Finding]:
    """A table that says where things are, but not what."""
    yield from trouble(
        "no_class_column",
        name,
        f"No column is called like one of classes; all boxes are read as of one class, {in_quotes(one_class)}.",
        f"Call the column of classes {expected} if there is one.",
        list(columns),
        FindingLevel.WARNING,
        expected=f"a column called {expected}",
        found=listed(columns, 8),
    )


def reading_findings(name: str, columns: BoxColumns, reading: Reading) -> Iterator[Finding]:
    """What numbers were taken for, where they are no corners in pixels."""
    path = f"{name}: {', '.join(columns.sides)}"
    if not reading.is_sure:
        others = " or ".join(_FORMS[form] for form in columns.forms if form != reading.form)
        yield from trouble(
            "box_form_unsure",
            path,
            f"Nothing shows whether these are {_FORMS[reading.form]}, or {others}; they were read as the former.",
            f"Look at the boxes, and choose another data format if they are {others}.",
            columns.sides,
            expected="columns x_min, y_min, x_max, y_max",
        )
    elif reading.form != "xyxy":
        yield from _note(
            "box_form", path, f"Boxes are given by {_FORMS[reading.form]}; corners were computed.", columns
        )
    if reading.are_shares:
        yield from _note("box_shares", path, "Boxes are given as shares of the picture; pixels were computed.", columns)


def size_findings(name: str, scaled: Sequence[str], refused: Sequence[str]) -> Iterator[Finding]:
    """Rows that state another size than their picture has."""
    yield from trouble(
        "box_rows_scaled",
        name,
        f"{len(scaled)} rows state another size than their picture has; their boxes are scaled to the picture.",
        "",
        scaled,
        FindingLevel.NOTE,
        expected="the size of the picture",
    )
    yield from trouble(
        "box_rows_size",
        name,
        f"{len(refused)} rows state another size than their picture has, and other sides; their images are left out.",
        "Export the boxes for the pictures as they are.",
        refused,
        expected="the size of the picture, or one with the same ratio of sides",
    )


def _note(code: str, path: str, message: str, columns: BoxColumns) -> Sequence[Any]:
    return trouble(code, path, message, "", columns.sides, FindingLevel.NOTE, expected=_PIXELS)
