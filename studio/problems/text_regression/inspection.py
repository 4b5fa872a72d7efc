"""How text regression data is checked, profiled and shown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import DatasetProfile, TableRole
from studio.datasets.inspection import Inspection
from studio.datasets.regression_checks import inspect_targets
from studio.datasets.shown_values import listed
from studio.datasets.text_checks import base_table, check_texts, columns_of, joined_texts
from studio.datasets.text_profile import text_profile
from studio.datasets.text_views import text_blocks, text_view
from studio.results.sample_view import Annotation, SampleView

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
PAIR = 2
MOST = 0.9


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check texts and numbers, and gather the facts of both."""
    texts, labels = columns_of(inspection.roles.get("text_column")), columns_of(inspection.roles.get("label_columns"))
    check_texts(inspection, texts)
    targets = inspect_targets(inspection, labels)
    if len(texts) == PAIR:
        for column in labels:
            _drop_outside_unit(inspection, column)
    base = base_table(inspection, texts)
    profile = text_profile({"text": joined_texts(base, texts) if base is not None else []}, {"text": "Text"})
    return profile.model_copy(
        update={
            "task": targets.task,
            "facts": profile.facts | targets.facts,
            "histograms": (*targets.histograms, *profile.histograms),
        }
    )


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """No row: numbers are no classes."""
    return np.zeros(len(frame), dtype=bool)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """A text with its numbers."""
    columns = columns_of(roles.get("label_columns"))
    values = {column: float(row[column]) for column in columns if column in row and not pd.isna(row[column])}
    return text_view(row, text_blocks(row, roles.get("text_column")), Annotation(values=values) if values else None)


def _drop_outside_unit(inspection: Inspection, column: str) -> None:
    """A pair of texts whose scores are shares, 0 to 1: a few that are not are mistakes."""
    train = inspection.frames.get("train")
    if train is None or column not in train.columns or not pd.api.types.is_float_dtype(train[column]):
        return
    present = train[column].dropna()
    inside = present.between(0, 1)
    if present.nunique() <= PAIR or inside.mean() < MOST or inside.all() or not _has_fractions(present[inside]):
        return
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is None or column not in frame.columns:
            continue
        outside = frame.index[frame[column].notna() & ~frame[column].between(0, 1)]
        inspection.drop(
            role,
            outside,
            "outside_unit",
            column,
            "The score of a pair of texts is not between 0 and 1, as almost all others are.",
            "Correct the score.",
            [f"{value:g}" for value in frame.loc[outside, column].head(20)],
            found=listed(frame.loc[outside, column].head(20)),
            expected="a number from 0 to 1",
        )


def _has_fractions(values: "pd.Series[float]") -> bool:
    return bool((values % 1 != 0).any())
