"""How image classification data is checked, profiled and shown."""

from collections.abc import Mapping
from typing import Any

from studio.datasets.dataset import DatasetProfile
from studio.datasets.image_profile import image_channels, image_facts, image_histograms, image_sizes
from studio.datasets.inspection import Inspection
from studio.datasets.label_checks import inspect_labels, truth_of
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, LabelScore, SampleView, image_ref


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check labels and gather the facts of labels and images."""
    space, counts = inspect_labels(inspection)
    return DatasetProfile(
        task=str(space.task) if space else "",
        labels=space.labels if space else (),
        label_counts=counts,
        image_sizes=image_sizes(inspection),
        image_channels=image_channels(inspection),
        histograms=image_histograms(inspection),
        facts=image_facts(inspection),
    )


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
