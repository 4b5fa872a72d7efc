"""How detection data is profiled and shown; what is checked about boxes is in `box_checks`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection
from studio.datasets.labels.box_part import BoxPart
from studio.datasets.labels.label_part import LabelPart
from studio.datasets.labels.labels import label_text
from studio.datasets.media.image_profile import histogram, image_profile, image_size
from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.datasets.profile import DatasetProfile
from studio.problems.image_object_detection.box_checks import CLASS, COORDINATES, check_table, has_boxes
from studio.results.prediction import ROW
from studio.results.sample_view import Box, BoxAnnotation, SampleView, media_path
from studio.settings.finding import FindingLevel

SMALL_AREA = 32.0**2
MEDIUM_AREA = 96.0**2
LABELED: tuple[TableRole, ...] = ("train", "validation", "test")


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check every box against its image, and gather facts about classes and sizes.

    Where nothing is trained on, the facts are those of the first table with boxes.
    """
    with_boxes = [role for role in inspection.frames if has_boxes(inspection.frames[role], inspection.roles)]
    for role in with_boxes:
        check_table(inspection, role)
    base = next((role for role in LABELED if role in with_boxes), None)
    if base is None:
        return _profile(inspection, None, set(), {})
    labels = set(_class_names(inspection, base))
    if base == "train":
        _refuse_without_boxes(inspection, labels)
    if labels:
        _drop_unseen(inspection, base, labels)
    counts = {
        inspection.names[role]: dict(sorted(Counter(_class_names(inspection, role)).items())) for role in with_boxes
    }
    return _profile(inspection, base, labels, counts)


def find_label(frame: pd.DataFrame, roles: Mapping[str, Any], label: str) -> NDArray[np.bool_]:
    """Which rows have a box of a class."""
    column = str(roles.get(CLASS))
    if column not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    return np.array([cell is not None and label in cell for cell in frame[column]], dtype=bool)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """An image with its true boxes, if the table has them."""
    name = str(row[str(roles["image_column"])])
    return SampleView(
        row=int(row[ROW]),
        title=name,
        media=IMAGE_READER.reference(media_path(name, media_folder), row),
        truth=_truth(row, roles),
    )


def _truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> BoxAnnotation | None:
    columns = [str(roles[name]) for name in (CLASS, *COORDINATES) if roles.get(name)]
    if len(columns) < 5 or any(column not in row for column in columns):
        return None
    cells = [[] if row[column] is None else list(row[column]) for column in columns]
    return BoxAnnotation(
        boxes=tuple(
            Box(x_min=float(x0), y_min=float(y0), x_max=float(x1), y_max=float(y1), label=label_text(name))
            for name, x0, y0, x1, y1 in zip(*cells, strict=False)
        )
    )


def _class_names(inspection: Inspection, role: TableRole) -> list[str]:
    return [name for cell in inspection.frames[role][str(inspection.roles[CLASS])] for name in cell]


def _refuse_without_boxes(inspection: Inspection, labels: set[str]) -> None:
    if not labels:
        inspection.note(
            "train",
            FindingLevel.ERROR,
            "no_boxes",
            str(inspection.roles[CLASS]),
            "No image of the train table has a box.",
            "Choose the columns that hold the boxes.",
            found=f"0 boxes in {counted(len(inspection.frames['train']), 'image')}",
            expected="at least 1 box",
        )


def _drop_unseen(inspection: Inspection, base: TableRole, labels: set[str]) -> None:
    column = str(inspection.roles[CLASS])
    for role in ("validation", "test"):
        frame = inspection.frames.get(role)
        if role == base or frame is None or not has_boxes(frame, inspection.roles):
            continue
        unseen = frame.index[[not set(cell) <= labels for cell in frame[column]]]
        new = [name for cell in frame.loc[unseen, column] for name in cell if name not in labels]
        inspection.drop(
            role,
            unseen,
            "unseen_label",
            column,
            "A class does not occur in the train table.",
            "Add training boxes of these classes, or correct the spelling.",
            new,
            found=listed(new),
            expected=f"one of the {counted(len(labels), 'class', 'classes')} of the train table",
        )


def _profile(
    inspection: Inspection, base: TableRole | None, labels: set[str], counts: dict[str, dict[str, int]]
) -> DatasetProfile:
    named = LabelPart(names=tuple(sorted(labels)), counts=counts)
    profile = image_profile(inspection).with_parts(named).model_copy(update={"task": "detection"})
    if base is None or not labels:
        return profile
    frame = inspection.frames[base]
    boxes = [
        np.array(sides, dtype=float).reshape(4, -1).T
        for sides in zip(*(frame[str(inspection.roles[name])] for name in COORDINATES), strict=True)
    ]
    sizes = [image_size(inspection, str(name)) for name in frame[str(inspection.roles["image_column"])]]
    areas = _areas(np.concatenate(boxes))
    shares = [
        np.sqrt(_areas(one) / (size[0] * size[1])) if size else np.full(len(one), np.nan)
        for one, size in zip(boxes, sizes, strict=True)
    ]
    per_image = [len(one) for one in boxes]
    facts = {
        "boxes": float(len(areas)),
        "boxes_per_image": float(np.mean(per_image)),
        "most_boxes": float(max(per_image)),
        "images_without_boxes": float(sum(count == 0 for count in per_image)),
        "share_small": float((areas < SMALL_AREA).mean()),
        "share_medium": float(((areas >= SMALL_AREA) & (areas < MEDIUM_AREA)).mean()),
        "share_large": float((areas >= MEDIUM_AREA).mean()),
    }
    histograms = (
        histogram("Boxes per image", "", per_image),
        histogram("Box side (square root of the area)", "px", [float(value) for value in np.sqrt(areas)]),
    )
    seen = BoxPart(smallest_class_side_share=_smallest_class(_class_names(inspection, base), shares))
    return profile.with_parts(seen).model_copy(
        update={"facts": profile.facts | facts, "histograms": (*profile.histograms, *histograms)}
    )


def _smallest_class(names: Sequence[str], shares: Sequence[np.ndarray]) -> float:
    """The median box side, as a share of the image's side, of the class whose boxes are smallest; 0 if unknown."""
    medians = pd.Series(np.concatenate(shares)).groupby(np.array(names)).median().dropna()
    return float(medians.min()) if len(medians) else 0.0


def _areas(corners: np.ndarray) -> np.ndarray:
    """Areas (N,) of boxes (N, 4) in square pixels."""
    return np.asarray((corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1]))
