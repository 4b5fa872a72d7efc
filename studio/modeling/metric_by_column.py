"""The metric of the rows with the same value in a column, for every column beside inputs and labels.

Shapes: N rows.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.modeling.histograms import ranges_of
from studio.modeling.recipe import Split
from studio.results.insight import COLUMN_PANEL, Insight, Table
from studio.results.metric import Direction, MetricInfo
from studio.results.prediction import is_hidden
from studio.settings.choices import Columns
from studio.settings.schema import SettingsSchema

MOST_VALUES = 30
"""Of a column; the rarest others count together, and numbers with more are put into ranges."""
RANGES = 6
MISSING = "(empty)"
COLUMN = "Column"
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class MeasuredRows:
    """The rows whose truth is known, and the metric of any of them."""

    table: pd.DataFrame
    metric_of: Callable[[Rows], float]
    """The metric of some rows, by their places in the table; NaN where it is undefined."""


def metric_by_column(measured: MeasuredRows, info: MetricInfo, split: Split, leave_out: Set[str]) -> Iterator[Insight]:
    """One panel, or none where no column has values that several rows share."""
    rows = []
    for column in map(str, measured.table.columns):
        if column not in leave_out and not is_hidden(column):
            for value, places in groups_of(measured.table[column]):
                metric = measured.metric_of(places)
                rows.append((column, value, len(places), None if np.isnan(metric) else float(metric)))
    if not rows:
        return
    better = {Direction.MINIMIZE: "Lower", Direction.MAXIMIZE: "Higher"}[info.direction]
    yield Insight(
        key=f"{split}-by-column",
        group=split,
        title=COLUMN_PANEL,
        how_to_read=f"{info.label} of the samples with the same value in a column of the table, such as the speaker, "
        f"the device or the place. {better} is better. A value that stands out is learned badly, has wrong labels, or "
        "has few samples.",
        payload=Table(columns=(COLUMN, "Value", "Samples", info.label), rows=tuple(rows), chosen_by=COLUMN),
    )


def columns_read(settings: SettingsSchema) -> frozenset[str]:
    """Columns of inputs and labels: not those of folds, whose groups are worth comparing."""
    found: set[str] = set()
    for key, field in settings.fields().items():
        if isinstance(field.setting.choices, Columns) and not key.endswith("fold_column"):
            value = settings.value(key)
            found.update([value] if isinstance(value, str) else value or ())
    return frozenset(found)


def groups_of(values: "pd.Series[Any]") -> list[tuple[str, Rows]]:
    """Values of a column with the places of their rows; empty for a column that tells rows apart, or none of them.

    Numbers with many values are put into ranges that hold about as many rows each.
    """
    is_missing = values.isna().to_numpy()
    numbers = _measurements(values)
    if numbers is not None:
        found = ranges_of(numbers[~is_missing], RANGES)
        names = np.full(len(values), MISSING, dtype=object)
        names[~is_missing] = np.array(found.names, dtype=object)[found.places]
        order: Sequence[str] = [*found.names, MISSING]
    else:
        names = np.where(is_missing, MISSING, values.map(str).to_numpy(dtype=object))
        counts = pd.Series(names).value_counts()
        if not 2 <= len(counts) <= max(2, len(values) // 2):
            return []
        order = sorted(map(str, counts.index[:MOST_VALUES]))
        if rest := len(counts) - len(order):
            others = f"({rest:,} other values)"
            names = np.where(np.isin(names, order), names, others)
            order = [*order, others]
    places = [(name, np.flatnonzero(names == name)) for name in order]
    groups = [(name, rows) for name, rows in places if len(rows)]
    return groups if len(groups) > 1 else []


def _measurements(values: "pd.Series[Any]") -> NDArray[np.float64] | None:
    """A column of numbers with many values; None for others, and for whole numbers that name single rows."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    distinct = values.nunique()
    is_identifier = pd.api.types.is_integer_dtype(values) and distinct == len(values)
    if distinct <= MOST_VALUES or is_identifier:
        return None
    return values.to_numpy(dtype=np.float64, na_value=np.nan)
