"""Truth of a table as targets of a model, tolerant of rows that have none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.labels.labels import LabelSpace, Task, label_space, label_text
from studio.modeling.recipe import Target
from studio.settings.schema import SettingsSchema

ROWS = "labeled_rows"


def target_of(settings: SettingsSchema, table: pd.DataFrame) -> Target:
    """The label space of a training table, with how many rows have each class, as a target that goes into a bundle."""
    columns = settings.value("dataset.label_columns")
    space = label_space(table, columns, settings.value("dataset.positive_class"))
    truth = truth_of(table, space)
    assert truth is not None
    labeled = truth[~np.isnan(truth).any(axis=1)]
    counts = {_count(k): int(value) for k, value in enumerate(labeled.sum(axis=0))}
    return Target(space.task.value, space.labels, {ROWS: len(labeled), **counts})


def class_counts(target: Target) -> tuple[list[int], int]:
    """How many training rows have each class, and how many have labels at all."""
    return [int(target.facts[_count(k)]) for k in range(len(target.labels))], int(target.facts[ROWS])


def class_shares(target: Target) -> NDArray[np.float64] | None:
    """The share (K) of the training rows that has each class; None for models of before it was kept."""
    if not target.facts.get(ROWS):
        return None
    counts, rows = class_counts(target)
    return np.array(counts, dtype=np.float64) / rows


def _count(k: int) -> str:
    return f"rows_of_class_{k}"


def space_of(target: Target, columns: Sequence[str]) -> LabelSpace:
    """The label space a target was made from."""
    return LabelSpace(Task(target.task), target.labels, tuple(columns))


def truth_of(table: pd.DataFrame, space: LabelSpace) -> NDArray[np.float32] | None:
    """Targets (rows, classes) of 0 and 1; a row is NaN where its label is missing or was not seen in training.

    None if the table lacks a label column.
    """
    if not space.has_labels(table):
        return None
    if len(space.columns) > 1:
        values: NDArray[np.float32] = (
            table[list(space.columns)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float32, copy=True)
        )
        values[~np.isin(values, (0.0, 1.0)).all(axis=1)] = np.nan
        return values
    index = {label: position for position, label in enumerate(space.labels)}
    targets = np.zeros((len(table), len(space.labels)), dtype=np.float32)
    for row, value in enumerate(table[space.columns[0]]):
        position = None if _is_missing(value) else index.get(label_text(value))
        if position is None:
            targets[row] = np.nan
        else:
            targets[row, position] = 1.0
    return targets


def label_cells(space: LabelSpace, probabilities_NK: NDArray[np.float64]) -> dict[str, list[str | int]]:
    """The likeliest answers as cells of the label columns: class names in one, 0 and 1 in several."""
    if len(space.columns) == 1:
        return {space.columns[0]: [space.labels[k] for k in probabilities_NK.argmax(axis=1)]}
    if space.task is Task.MULTI_LABEL:
        chosen = probabilities_NK > 0.5
    else:
        chosen = np.eye(len(space.labels), dtype=bool)[probabilities_NK.argmax(axis=1)]
    return {column: chosen[:, k].astype(int).tolist() for k, column in enumerate(space.columns)}


def unseen_labels(table: pd.DataFrame, space: LabelSpace) -> dict[str, int]:
    """Labels of a table that training has not seen, with the number of their rows."""
    if len(space.columns) != 1 or not space.has_labels(table):
        return {}
    texts = [label_text(value) for value in table[space.columns[0]] if not _is_missing(value)]
    return {text: texts.count(text) for text in sorted(set(texts) - set(space.labels))}


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
