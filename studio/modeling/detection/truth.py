"""True boxes of a table's rows, from list cells or their JSON text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.labels.labels import label_text
from studio.datasets.tables.list_parsing import parse_list

COORDINATES = ("x_min_column", "y_min_column", "x_max_column", "y_max_column")
CLASS = "class_name_column"


@dataclass(frozen=True)
class TrueBoxes:
    """The boxes of one image in its own pixels."""

    corners: NDArray[np.float64]
    """(N, 4) as x_min, y_min, x_max, y_max."""
    classes: NDArray[np.int64]
    """Indexes into the labels; -1 for a class that training has not seen."""


def box_columns(settings: Any) -> tuple[str, ...]:
    """The columns of class names and corners, in this order."""
    return tuple(getattr(settings.dataset, name) for name in (CLASS, *COORDINATES))


def truth_of(table: pd.DataFrame, settings: Any, labels: Sequence[str]) -> list[TrueBoxes] | None:
    """The boxes of every row; None if the table lacks one of the columns."""
    columns = box_columns(settings)
    if any(column not in table.columns for column in columns):
        return None
    index = {label: position for position, label in enumerate(labels)}
    rows = []
    for cells in zip(*(table[column] for column in columns), strict=True):
        names, *sides = [_items(cell) for cell in cells]
        corners = np.array(sides, dtype=np.float64).reshape(4, -1).T
        classes = np.array([index.get(label_text(name), -1) for name in names], dtype=np.int64)
        rows.append(TrueBoxes(corners, classes))
    return rows


def class_names(table: pd.DataFrame, column: str) -> list[str]:
    """Every class name of every box of a table."""
    return [label_text(name) for cell in table[column] for name in _items(cell)]


def _items(cell: Any) -> list[Any]:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return []
    if isinstance(cell, str):
        return parse_list(cell) if cell.strip() else []
    return list(cell)
