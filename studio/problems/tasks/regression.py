"""Regression: one or more numbers a sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from studio.datasets.inspection import Inspection
from studio.datasets.labels.regression_checks import inspect_targets
from studio.datasets.profile import DatasetProfile
from studio.datasets.tables.table_view import TableView
from studio.datasets.texts.text_checks import columns_of
from studio.datasets.texts.text_role_inference import NUMBER_WORDS, count_columns, has_word, number_columns
from studio.problems.composition import FoundInput, FoundLabels, TaskSpec
from studio.problems.contract import ColumnRole
from studio.results.regression import REGRESSION_METRICS, Panel
from studio.results.sample_view import ValueAnnotation
from studio.settings.sections.dataset import NumericLabelsMixin, UnlabeledMixin
from studio.settings.sections.losses import RegressionLossMixin
from studio.settings.sections.training import HeadLayersMixin

COUNTS = 0.65
"""That whole numbers of many values are to be predicted as numbers; as classes of an unnamed column they have 0.6."""


def find(view: TableView, found: FoundInput) -> FoundLabels | None:
    """Columns of numbers that are called like targets, or the last one with fractions; of files, also counts."""
    numbers = number_columns(view, found.columns)
    counts = [] if numbers or found.certainty < 1 else count_columns(view, found.columns)
    chosen = numbers or counts
    if not chosen:
        return None
    reason = f"{', '.join(chosen)} hold{'s' if len(chosen) == 1 else ''} numbers"
    if counts:
        return FoundLabels({"label_columns": tuple(counts)}, COUNTS, (reason,))
    has_fractions = view.kinds[numbers[0]] == "number"
    named = 0.85 if has_fractions else 0.7
    confidence = named if has_word(numbers[0], NUMBER_WORDS) else 0.6 if has_fractions else 0.5
    return FoundLabels({"label_columns": tuple(numbers)}, confidence, (reason,))


def inspect(inspection: Inspection) -> DatasetProfile:
    """Check the numbers; mean, standard deviation and histogram of each label."""
    return inspect_targets(inspection, columns_of(inspection.roles.get("label_columns")))


def truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> ValueAnnotation | None:
    """The numbers of a row that are known."""
    columns = columns_of(roles.get("label_columns"))
    found = {column: _number(row.get(column)) for column in columns}
    values = {column: number for column, number in found.items() if number is not None}
    return ValueAnnotation(values=values) if values else None


def _number(value: Any) -> float | None:
    """A finite number; a preview may show a column that holds none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


REGRESSION = TaskSpec(
    roles=(
        ColumnRole(
            "label_columns",
            "Label columns",
            ("number", "integer", "boolean"),
            is_many=True,
            in_test=False,
            hint="one or more columns of numbers",
        ),
    ),
    table_hint="the numbers to predict",
    find=find,
    inspect=inspect,
    truth=truth,
    dataset=(NumericLabelsMixin, UnlabeledMixin),
    training=(HeadLayersMixin, RegressionLossMixin),
    metrics=REGRESSION_METRICS,
    default_metric="MAE",
    panels=tuple(Panel),
    prediction_columns="pred_<label> with the number",
    explained="Explanation of a predicted number",
)
