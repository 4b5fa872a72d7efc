"""How image classification data is checked, profiled and shown."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import DatasetProfile
from studio.datasets.image_profile import image_profile
from studio.datasets.inspection import Inspection
from studio.datasets.label_checks import inspect_labels, rows_of_label, truth_of
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, LabelScore, SampleView, image_ref


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check labels and gather the facts of labels and images."""
    space, counts = inspect_labels(inspection)
    return image_profile(inspection).model_copy(
        update={
            "task": str(space.task) if space else "",
            "labels": space.labels if space else (),
            "label_counts": counts,
        }
    )


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows are of a class."""
    return rows_of_label(frame, list(roles.get("label_columns") or ()), label)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """An image with its classes."""
    name = str(row[str(roles["image_column"])])
    labels = truth_of(row, list(roles.get("label_columns") or ()))
    return SampleView(
        row=int(row[ROW]),
        title=name,
        media=image_ref(row, name, media_folder),
        truth=Annotation(labels=tuple(LabelScore(label=label) for label in labels)) if labels else None,
    )
