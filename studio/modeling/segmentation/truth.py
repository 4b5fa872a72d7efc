"""True masks of a table's rows, kept as run lengths until a sample is made.

Shapes: K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.labels.labels import label_text
from studio.datasets.masks.run_lengths import decode, from_text
from studio.datasets.tables.list_parsing import parse_list
from studio.errors import DatasetError

CLASS = "class_name_column"
RLE = "rle_mask_column"


@dataclass(frozen=True)
class TrueMasks:
    """The masks of one image in its own pixels."""

    classes: tuple[int, ...]
    """Indexes into the labels, one a mask; -1 for a class that training has not seen."""
    texts: tuple[str, ...]
    """Run lengths, one a mask."""

    def dense(self, count: int, *shape: int) -> NDArray[np.uint8]:
        """0 and 1 a class and pixel, (K, *shape); masks of unseen classes are left out."""
        masks_K = np.zeros((count, *shape), dtype=np.uint8)
        for index, text in zip(self.classes, self.texts, strict=True):
            if index >= 0 and text:
                masks_K[index] |= decode(from_text(text), *shape)
        return masks_K


class MaskTargets(NamedTuple):
    """What a table's rows are of: their masks, and how many classes there are."""

    masks: Sequence[TrueMasks]
    classes: int


def mask_columns(settings: Any) -> tuple[str, str]:
    """The columns of class names and run lengths."""
    return str(settings.dataset.class_name_column), str(settings.dataset.rle_mask_column)


def truth_of(table: pd.DataFrame, settings: Any, labels: Sequence[str]) -> list[TrueMasks] | None:
    """The masks of every row; None if the table lacks one of the columns."""
    columns = mask_columns(settings)
    if any(column not in table.columns for column in columns):
        return None
    index = {label: position for position, label in enumerate(labels)}
    rows = []
    for names, texts in _pairs(table, columns):
        classes = tuple(index.get(name, -1) for name in names)
        rows.append(TrueMasks(classes, tuple(texts)))
    return rows


def class_names(table: pd.DataFrame, columns: tuple[str, str]) -> tuple[str, ...]:
    """The classes of the masks with a pixel of a table, in alphabetical order.

    Raises:
        DatasetError: if there is none.
    """
    found = set(names_of_masks(table, columns))
    if not found:
        raise DatasetError(
            "No training row has a mask.",
            hint="Choose the columns that hold the masks.",
            code="no_masks",
            found="0 masks",
            expected="at least 1 mask",
        )
    return tuple(sorted(found))


def names_of_masks(table: pd.DataFrame, columns: tuple[str, str]) -> list[str]:
    """The class of every mask with a pixel of a table."""
    return [name for row in _pairs(table, columns) for name, text in zip(*row, strict=True) if text]


def _pairs(table: pd.DataFrame, columns: tuple[str, str]) -> list[tuple[list[str], list[str]]]:
    """Names and texts of every row."""
    cells = zip(*(table[column] for column in columns), strict=True)
    return [
        ([label_text(name) for name in _items(names)], ["" if text is None else str(text) for text in _items(texts)])
        for names, texts in cells
    ]


def _items(cell: Any) -> list[Any]:
    if cell is None or isinstance(cell, float):
        return []
    if isinstance(cell, str):
        return parse_list(cell) if cell.strip() else []
    return list(cell)
