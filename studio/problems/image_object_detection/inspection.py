"""How boxes are checked, repaired, profiled and shown."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from studio.datasets.dataset import DatasetProfile, TableRole
from studio.datasets.image_profile import histogram, image_channels, image_facts, image_histograms, image_sizes
from studio.datasets.inspection import Inspection
from studio.datasets.labels import label_text
from studio.results.prediction import ROW
from studio.results.sample_view import Annotation, Box, SampleView, image_ref
from studio.settings.finding import FindingLevel

COORDINATES = ("x_min_column", "y_min_column", "x_max_column", "y_max_column")
CLASS = "class_name_column"
LARGEST_RELATIVE = 1.5
MANY_BOXES = 1000
SMALL_AREA = 32.0**2
MEDIUM_AREA = 96.0**2


@dataclass
class _Row:
    """The boxes of one image while they are checked: class names and (boxes, 4) corners."""

    names: list[str]
    boxes: np.ndarray
    problem: str = ""
    repairs: tuple[str, ...] = ()


def inspect_rows(inspection: Inspection) -> DatasetProfile:
    """Check every box against its image, and gather facts about classes and sizes."""
    counts: dict[str, dict[str, int]] = {}
    labels: set[str] = set()
    boxes: list[np.ndarray] = []
    sizes: list[tuple[int, int] | None] = []
    for role in tuple(inspection.frames):
        if not _has_boxes(inspection.frames[role], inspection.roles):
            continue
        _check_table(inspection, role)
        frame = inspection.frames[role]
        names = [name for cell in frame[str(inspection.roles[CLASS])] for name in cell]
        counts[inspection.names[role]] = dict(sorted(Counter(names).items()))
        if role == "train":
            labels = set(names)
            boxes = [_corners(row, inspection.roles) for _, row in frame.iterrows()]
            sizes = [inspection.size_of(str(name)) for name in frame[str(inspection.roles["image_column"])]]
            _note_train(inspection, boxes)
    if labels:
        _drop_unseen(inspection, labels)
    return _profile(inspection, labels, counts, boxes, sizes)


def view_row(row: Mapping[str, Any], roles: Mapping[str, Any], media_folder: str) -> SampleView:
    """An image with its true boxes, if the table has them."""
    name = str(row[str(roles["image_column"])])
    return SampleView(row=int(row[ROW]), title=name, media=image_ref(row, name, media_folder), truth=_truth(row, roles))


def _truth(row: Mapping[str, Any], roles: Mapping[str, Any]) -> Annotation | None:
    columns = [str(roles[name]) for name in (CLASS, *COORDINATES) if roles.get(name)]
    if len(columns) < 5 or any(column not in row for column in columns):
        return None
    cells = [[] if row[column] is None else list(row[column]) for column in columns]
    return Annotation(
        boxes=tuple(
            Box(x_min=float(x0), y_min=float(y0), x_max=float(x1), y_max=float(y1), label=label_text(name))
            for name, x0, y0, x1, y1 in zip(*cells, strict=False)
        )
    )


def _has_boxes(frame: pd.DataFrame, roles: Mapping[str, Any]) -> bool:
    return all(str(roles.get(name)) in frame.columns for name in (CLASS, *COORDINATES))


def _check_table(inspection: Inspection, role: TableRole) -> None:
    frame = inspection.frames[role]
    if _looks_relative(frame, inspection.roles):
        inspection.note(
            role,
            FindingLevel.ERROR,
            "relative_boxes",
            ", ".join(str(inspection.roles[name]) for name in COORDINATES),
            "All coordinates are below 1.5, so they are shares of the image and not pixels.",
            "Multiply them by the image's width and height.",
        )
        return
    image_column = str(inspection.roles["image_column"])
    rows = {
        index: _checked(frame.loc[index], inspection.roles, inspection.size_of(str(frame.at[index, image_column])))
        for index in frame.index
    }
    for position, name in enumerate((CLASS, *COORDINATES)):
        values = [
            row.names if position == 0 else [float(value) for value in row.boxes[:, position - 1]]
            for row in rows.values()
        ]
        column = str(inspection.roles[name])
        frame = frame.assign(**{column: pd.Series(values, index=frame.index, dtype=object)})
        inspection.kinds[role][column] = "list"
    inspection.frames[role] = frame
    _report(inspection, role, rows)


def _report(inspection: Inspection, role: TableRole, rows: Mapping[Any, _Row]) -> None:
    columns = "boxes"
    for repair, message in (
        ("box_clipped", "images have boxes that reach outside; these were cut at the border."),
        ("box_empty", "images have boxes without area; these boxes were removed."),
    ):
        mended = [index for index, row in rows.items() if repair in row.repairs and not row.problem]
        inspection.repair(
            role, mended, repair, columns, f"{len(mended)} {message}", "Correct the boxes, or accept the repair."
        )
    for code, message, fix in (
        ("box_lengths", "The lists of an image have different lengths.", "Give every box a class and four numbers."),
        ("box_number", "A coordinate is not a finite number.", "Write numbers in pixels."),
        ("box_order", "A minimum lies beyond its maximum.", "Write the smaller value as minimum."),
        ("box_outside", "A box lies wholly outside its image.", "Check that coordinates are pixels of this image."),
        ("no_class", "A box has no class.", "Name the class of every box."),
    ):
        bad = [index for index, row in rows.items() if row.problem == code]
        inspection.drop(role, bad, code, columns, message, fix)


def _checked(row: pd.Series, roles: Mapping[str, Any], size: tuple[int, int] | None) -> _Row:
    empty = np.zeros((0, 4))
    cells = [_cell(row[str(roles[name])]) for name in (CLASS, *COORDINATES)]
    if len({len(cell) for cell in cells}) > 1:
        return _Row([], empty, "box_lengths")
    if any(name is None or label_text(name) == "" for name in cells[0]):
        return _Row([], empty, "no_class")
    try:
        boxes = np.array(cells[1:], dtype=float).T.reshape(-1, 4)
    except (TypeError, ValueError):
        return _Row([], empty, "box_number")
    names = [label_text(name) for name in cells[0]]
    if not np.isfinite(boxes).all():
        return _Row([], empty, "box_number")
    if (boxes[:, :2] > boxes[:, 2:]).any():
        return _Row([], empty, "box_order")
    return _fitted(names, boxes, size)


def _fitted(names: list[str], boxes: np.ndarray, size: tuple[int, int] | None) -> _Row:
    repairs = []
    if size is not None and len(boxes):
        limits = np.array([size[0], size[1]] * 2, dtype=float)
        outside = (boxes[:, :2] >= limits[:2]).any(axis=1) | (boxes[:, 2:] <= 0).any(axis=1)
        has_area = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        if (outside & has_area).any():
            return _Row([], np.zeros((0, 4)), "box_outside")
        clipped = np.clip(boxes, 0, limits)
        if not np.array_equal(clipped, boxes):
            repairs.append("box_clipped")
        boxes = clipped
    keep = (boxes[:, 2:] - boxes[:, :2] > 0).all(axis=1)
    if not keep.all():
        repairs.append("box_empty")
        names = [name for name, kept in zip(names, keep, strict=True) if kept]
        boxes = boxes[keep]
    return _Row(names, boxes, "", tuple(repairs))


def _cell(value: Any) -> list[Any]:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return []
    return list(value) if isinstance(value, list | tuple | np.ndarray) else [value]


def _looks_relative(frame: pd.DataFrame, roles: Mapping[str, Any]) -> bool:
    values = [value for name in COORDINATES for cell in frame[str(roles[name])] for value in _cell(cell)]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return len(numbers) >= 4 and max(numbers) <= LARGEST_RELATIVE and min(numbers) >= 0


def _drop_unseen(inspection: Inspection, labels: set[str]) -> None:
    column = str(inspection.roles[CLASS])
    for role in ("validation", "test"):
        frame = inspection.frames.get(role)
        if frame is None or column not in frame.columns:
            continue
        unseen = frame.index[[not set(cell) <= labels for cell in frame[column]]]
        inspection.drop(
            role,
            unseen,
            "unseen_label",
            column,
            "A class does not occur in the train table.",
            "Add training boxes of these classes, or correct the spelling.",
            [name for cell in frame.loc[unseen, column] for name in cell if name not in labels],
        )


def _note_train(inspection: Inspection, boxes: Sequence[np.ndarray]) -> None:
    total = sum(len(one) for one in boxes)
    if total == 0:
        inspection.note(
            "train",
            FindingLevel.ERROR,
            "no_boxes",
            str(inspection.roles[CLASS]),
            "No image of the train table has a box.",
            "Choose the columns that hold the boxes.",
        )
    crowded = sum(len(one) > MANY_BOXES for one in boxes)
    if crowded:
        inspection.note(
            "train",
            FindingLevel.WARNING,
            "many_boxes",
            str(inspection.roles[CLASS]),
            f"{crowded} images have more than {MANY_BOXES:,} boxes.",
            "Raise Max det per image, or cut these images into tiles.",
        )


def _profile(
    inspection: Inspection,
    labels: set[str],
    counts: dict[str, dict[str, int]],
    boxes: Sequence[np.ndarray],
    sizes: Sequence[tuple[int, int] | None],
) -> DatasetProfile:
    facts = image_facts(inspection)
    histograms = list(image_histograms(inspection))
    corners = np.concatenate(boxes) if boxes else np.zeros((0, 4))
    if len(corners):
        areas = _areas(corners)
        shares = [
            np.sqrt(_areas(one) / (size[0] * size[1])) if size else np.full(len(one), np.nan)
            for one, size in zip(boxes, sizes, strict=True)
        ]
        per_image = [len(one) for one in boxes]
        facts |= {
            "boxes": float(len(corners)),
            "boxes_per_image": float(np.mean(per_image)),
            "most_boxes": float(max(per_image)),
            "smallest_class_side_share": _smallest_class(inspection, shares),
            "images_without_boxes": float(sum(count == 0 for count in per_image)),
            "share_small": float((areas < SMALL_AREA).mean()),
            "share_medium": float(((areas >= SMALL_AREA) & (areas < MEDIUM_AREA)).mean()),
            "share_large": float((areas >= MEDIUM_AREA).mean()),
        }
        histograms += [
            histogram("Boxes per image", "", per_image),
            histogram("Box side (square root of the area)", "px", [float(value) for value in np.sqrt(areas)]),
        ]
    return DatasetProfile(
        task="detection",
        labels=tuple(sorted(labels)),
        label_counts=counts,
        image_sizes=image_sizes(inspection),
        image_channels=image_channels(inspection),
        histograms=tuple(histograms),
        facts=facts,
    )


def _smallest_class(inspection: Inspection, shares: Sequence[np.ndarray]) -> float:
    """The median box side, as a share of the image's side, of the class whose boxes are smallest; 0 if unknown."""
    names = [name for cell in inspection.frames["train"][str(inspection.roles[CLASS])] for name in cell]
    medians = pd.Series(np.concatenate(shares)).groupby(np.array(names)).median().dropna()
    return float(medians.min()) if len(medians) else 0.0


def _areas(corners: np.ndarray) -> np.ndarray:
    """Areas (N,) of boxes (N, 4) in square pixels."""
    return np.asarray((corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1]))


def _corners(row: pd.Series, roles: Mapping[str, Any]) -> np.ndarray:
    return np.array([list(row[str(roles[name])]) for name in COORDINATES], dtype=float).T.reshape(-1, 4)
