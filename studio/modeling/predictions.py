"""ScoredTable: rows, raw model outputs and losses side by side. Metrics and insights are made from it alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from studio.results.prediction import ROW, is_hidden

Raw = Mapping[str, np.ndarray]
"""One sample's raw outputs by name, such as `probabilities` or `boxes`."""


@dataclass(frozen=True)
class PredictedMask:
    """The pixels of a class or of an object, in those of its file."""

    label: str
    score: float | None
    """Confidence of an object; None for a class."""
    runs: np.ndarray
    """(N, 2) as `studio/datasets/masks/run_lengths.py` has them."""
    shape: tuple[int, ...]


@dataclass(frozen=True)
class ScoredTable:
    """A table with what a model says about each of its rows, in the table's order."""

    table: pd.DataFrame
    raw: tuple[Raw, ...]
    losses: np.ndarray | None
    """One a row, NaN where a row has no truth; None where none has."""

    def __post_init__(self) -> None:
        if len(self.raw) != len(self.table):
            raise ValueError(f"{len(self.raw)} predictions for {len(self.table)} rows")

    def __len__(self) -> int:
        return len(self.raw)

    def stacked(self, name: str) -> np.ndarray:
        """One raw output of all rows as one array; float64, so that metrics do not round."""
        return np.stack([raw[name] for raw in self.raw]).astype(np.float64)

    def row_numbers(self) -> list[int]:
        """The row of each sample in the source table, from 1."""
        return row_numbers(self.table)

    def known(self, position: int) -> dict[str, Any]:
        """What the dataset knows of a row's file, by hidden column, as the reader of its medium wrote it."""
        return {name: self.table[name].iloc[position] for name in self._hidden}

    @cached_property
    def _hidden(self) -> list[str]:
        return [name for name in map(str, self.table.columns) if is_hidden(name)]

    def loss_of(self, position: int) -> float | None:
        """The loss of one row, None where it has none."""
        if self.losses is None:
            return None
        value = float(self.losses[position])
        return value if np.isfinite(value) else None

    def mean_loss(self) -> float:
        """The mean over the rows that have a loss; NaN where none has."""
        if self.losses is None or np.isnan(self.losses).all():
            return float("nan")
        return float(np.nanmean(self.losses))


def row_numbers(table: pd.DataFrame) -> list[int]:
    """The row of each row of a table in its source, from 1."""
    if ROW in table.columns:
        return [int(row) for row in table[ROW]]
    return list(range(1, len(table) + 1))
