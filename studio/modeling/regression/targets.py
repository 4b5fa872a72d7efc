"""RegressionTargets: numeric label columns as targets of a model, with what it takes to standardize them.

Shapes: N rows, K labels, F features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from studio.errors import DatasetError, in_quotes
from studio.modeling.recipe import Target

TASK = "regression"
Array = NDArray[np.float64]


@dataclass(frozen=True)
class RegressionTargets:
    """The label columns, and mean and deviation of each over the training rows."""

    columns: tuple[str, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    """1 for a column whose values are all the same."""

    @classmethod
    def of(cls, table: pd.DataFrame, columns: Sequence[str]) -> Self:
        """What a training table says about its label columns.

        Raises:
            DatasetError: if a column is absent or holds no number.
        """
        values = numbers(table, columns)
        if values is None:
            absent = next(column for column in columns if column not in table.columns)
            raise DatasetError(
                f"The training table has no column {in_quotes(absent)}.",
                hint="Choose label columns that the table has.",
                code="missing_column",
            )
        for k, column in enumerate(columns):
            if np.isnan(values[:, k]).all():
                raise DatasetError(
                    f"Label column {in_quotes(column)} holds no number in any training row.",
                    hint="Choose a numeric column, or remove it from the label columns.",
                    code="no_labels",
                )
        deviations = np.nanstd(values, axis=0)
        # Equal values have a deviation of rounding noise, which would blow up what is divided by it.
        is_constant = deviations <= 1e-12 * np.maximum(1.0, np.abs(np.nanmean(values, axis=0)))
        return cls(
            tuple(columns),
            tuple(float(mean) for mean in np.nanmean(values, axis=0)),
            tuple(float(one) for one in np.where(is_constant, 1.0, deviations)),
        )

    @classmethod
    def from_target(cls, target: Target) -> Self:
        """The opposite of `to_target`."""
        count = range(len(target.labels))
        return cls(
            target.labels,
            tuple(float(target.facts[_mean(k)]) for k in count),
            tuple(float(target.facts[_deviation(k)]) for k in count),
        )

    def to_target(self) -> Target:
        """As a bundle carries it."""
        facts = {_mean(k): value for k, value in enumerate(self.means)}
        facts.update({_deviation(k): value for k, value in enumerate(self.deviations)})
        return Target(TASK, self.columns, facts)

    def truth(self, table: pd.DataFrame) -> Array | None:
        """True values (N, K), NaN where one is missing; None if the table lacks a label column."""
        return numbers(table, self.columns)

    def standardized(self, values_NK: Array) -> Array:
        """Values with the training rows' mean 0 and deviation 1."""
        standardized: Array = (values_NK - np.array(self.means)) / np.array(self.deviations)
        return standardized

    def restored(self, standardized_NK: Array) -> Array:
        """The opposite of `standardized`."""
        values: Array = standardized_NK * np.array(self.deviations) + np.array(self.means)
        return values

    def restated(self, weight_KF: Tensor, bias_K: Tensor, other: "RegressionTargets") -> tuple[Tensor, Tensor]:
        """The last layer of a model of other targets, with the values it says of labels that both have unchanged.

        Rows stay in the order of the other's labels.
        """
        weight, bias = weight_KF.clone(), bias_K.clone()
        for row, column in enumerate(other.columns):
            if column in self.columns:
                k = self.columns.index(column)
                scale = other.deviations[row] / self.deviations[k]
                weight[row] *= scale
                bias[row] = bias[row] * scale + (other.means[row] - self.means[k]) / self.deviations[k]
        return weight, bias


def numbers(table: pd.DataFrame, columns: Sequence[str]) -> Array | None:
    """Columns as numbers (N, K), NaN for what is none or infinite; None if the table lacks one."""
    if any(column not in table.columns for column in columns):
        return None
    cells = table[list(columns)].apply(pd.to_numeric, errors="coerce")
    values: Array = cells.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    values[~np.isfinite(values)] = np.nan
    return values


def _mean(k: int) -> str:
    return f"mean_{k}"


def _deviation(k: int) -> str:
    return f"deviation_{k}"
