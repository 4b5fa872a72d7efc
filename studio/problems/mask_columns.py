"""Columns of masks: lists of classes and of run lengths, side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.labels.labels import label_text
from studio.datasets.masks.mask_checks import CLASS, RLE
from studio.datasets.tables.box_columns import class_column
from studio.datasets.tables.table_view import TableView
from studio.on_demand import np, pd
from studio.problems.composition import FoundInput
from studio.problems.contract import ColumnRole

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOKED_ROWS = 50
_LIST: tuple[ColumnKind, ...] = ("list", "text")
_RUNS = re.compile(r"\s*(-1|-?\d+(\s+-?\d+)+)?\s*")
"""Loose: what is wrong with numbers is told row by row at import."""
MASK_ROLES = (
    ColumnRole(CLASS, "Class name column", _LIST, in_test=False, hint="a list of classes, one a mask"),
    ColumnRole(RLE, "RLE mask column", _LIST, in_test=False, hint="a list of masks as run lengths"),
)


@dataclass(frozen=True)
class MaskColumns:
    """Where the masks of a table are."""

    label: str
    masks: str
    repeats_classes: bool
    """Whether an image has several masks of one class, as single objects have."""

    @property
    def roles(self) -> dict[str, str | tuple[str, ...]]:
        """The columns by role."""
        return {CLASS: self.label, RLE: self.masks}

    @property
    def reasons(self) -> tuple[str, ...]:
        """What they hold, in words."""
        return f"{self.masks} holds lists of run lengths", f"{self.label} holds a list of classes"


def find_masks(view: TableView, found: FoundInput) -> MaskColumns | None:
    """Two list columns: one of classes, one of run lengths."""
    lists = [column for column, kind in view.kinds.items() if kind == "list" and column not in found.columns]
    masks = next((column for column in lists if _holds_runs(view.rows[column])), None)
    others = {column.lower(): column for column in lists if column != masks}
    label = class_column(others) or next(iter(others.values()), None)
    if masks is None or label is None:
        return None
    cells = view.rows[label].dropna().head(LOOKED_ROWS)
    return MaskColumns(label, masks, any(len(set(map(label_text, cell))) < len(cell) for cell in cells))


def masks_of_row(row: Mapping[str, Any], roles: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Class and run lengths of every mask that has a pixel; None if the table has none."""
    columns = [str(roles[name]) for name in (CLASS, RLE) if roles.get(name)]
    if len(columns) < 2 or any(column not in row for column in columns):
        return None
    names, texts = ([] if row[column] is None else list(row[column]) for column in columns)
    return [(label_text(name), text) for name, text in zip(names, texts, strict=False) if text]


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows have a pixel of a class."""
    columns = [str(roles.get(name)) for name in (CLASS, RLE)]
    if any(column not in frame.columns for column in columns):
        return np.zeros(len(frame), dtype=bool)
    pairs = zip(*([[] if cell is None else cell for cell in frame[column]] for column in columns), strict=True)
    has = [any(name == label and text for name, text in zip(names, texts, strict=False)) for names, texts in pairs]
    return np.array(has, dtype=bool)


def _holds_runs(cells: pd.Series) -> bool:
    """Whether the cells are lists of texts, all of them run lengths, and not all of them empty."""
    texts = [text for cell in cells.dropna().head(LOOKED_ROWS) for text in cell if text is not None]
    is_some = any(isinstance(text, str) and text.strip() for text in texts)
    return is_some and all(isinstance(text, str) and _RUNS.fullmatch(text) for text in texts)
