"""Baseline: what a prediction reaches that looks at no input, on the same rows as a model."""

from dataclasses import dataclass

from studio.modeling.row_statistics import RowStatistics


@dataclass(frozen=True)
class Baseline:
    """The same prediction for every row."""

    name: str
    """What is predicted, as it stands behind *against*: class frequencies."""
    statistics: RowStatistics
