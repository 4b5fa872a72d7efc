"""How text classification data is checked, profiled and shown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import DatasetProfile
from studio.datasets.inspection import Inspection
from studio.datasets.label_checks import inspect_labels, rows_of_label, truth_of
from studio.datasets.text_checks import base_table, check_texts, columns_of, joined_texts
from studio.datasets.text_profile import text_profile
from studio.datasets.text_views import text_blocks, text_view
from studio.results.sample_view import Annotation, LabelScore, SampleView


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check texts and labels, and gather the facts of both."""
    columns = columns_of(inspection.roles.get("text_column"))
    check_texts(inspection, columns)
    space, counts = inspect_labels(inspection)
    base = base_table(inspection, columns)
    texts = joined_texts(base, columns) if base is not None else []
    return text_profile({"text": texts}, {"text": "Text"}).model_copy(
        update={
            "task": str(space.task) if space else "",
            "labels": space.labels if space else (),
            "label_counts": counts,
        }
    )


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows are of a class."""
    return rows_of_label(frame, columns_of(roles.get("label_columns")), label)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """A text with its classes."""
    labels = truth_of(row, columns_of(roles.get("label_columns")))
    truth = Annotation(labels=tuple(LabelScore(label=label) for label in labels)) if labels else None
    return text_view(row, text_blocks(row, roles.get("text_column")), truth)
