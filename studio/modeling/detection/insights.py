"""Insights of detection: precision-recall, average precision by class, overlap and size, confusion with background.

Shapes: K classes.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.modeling.boxes import match_boxes
from studio.modeling.detection.metrics import COCO_OVERLAPS, RECALLS, Evaluation
from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.predictions import Raw
from studio.modeling.recipe import Split
from studio.results.detection import Panel
from studio.results.insight import Bars, Insight, Lines, Matrix, Series, Table

BACKGROUND = "(background)"
SIZES = ("Small, below 32 x 32 px", "Medium, up to 96 x 96 px", "Large")
"""As COCO has them, in pixels of the file."""
MOST_CLASS_LINES = 12
MOST_ROWS_A_CELL = 50


@dataclass(frozen=True)
class DetectionResults:
    """What insights are made from."""

    evaluation: Evaluation
    truth: Sequence[TrueBoxes]
    raw: Sequence[Raw]
    rows: Sequence[int]
    """The row of each image in the source table."""
    labels: Sequence[str]
    overlap: float
    threshold: float
    """Of confidence."""


@dataclass(frozen=True)
class Counts:
    """What boxes above the threshold amount to; the last class is the background."""

    confusion: NDArray[np.int64]
    """(K + 1, K + 1), truth by prediction."""
    rows: dict[tuple[int, int], list[int]]
    """Source rows of some images behind each cell."""
    right_K: NDArray[np.int64]
    predicted_K: NDArray[np.int64]


def detection_insights(results: DetectionResults, split: Split) -> Iterator[Insight]:
    """Every panel that rows with true boxes allow."""
    counts = count(results)
    yield _curves(results, split)
    yield _classes(results, counts, split)
    yield _figures(results, split)
    yield _by_overlap(results, split)
    yield _by_size(results, split)
    yield _confusion(results, counts, split)


def count(results: DetectionResults) -> Counts:
    """One pass over all images, whose boxes are matched twice: by place and class for what is right, and by place
    alone for what is taken for what."""
    background = len(results.labels)
    confusion = np.zeros((background + 1, background + 1), dtype=np.int64)
    right, predicted = np.zeros(background, dtype=np.int64), np.zeros(background, dtype=np.int64)
    rows: dict[tuple[int, int], list[int]] = {}

    def add(cell: tuple[int, int], row: int) -> None:
        confusion[cell] += 1
        behind = rows.setdefault(cell, [])
        if len(behind) < MOST_ROWS_A_CELL and (not behind or behind[-1] != row):
            behind.append(row)

    for true, found, row in zip(results.truth, results.raw, results.rows, strict=True):
        sure = found["scores"] > results.threshold
        boxes, scores = found["boxes"][sure], found["scores"][sure]
        classes = found["classes"][sure].astype(np.int64)
        exact = match_boxes(boxes, classes, scores, true.corners, true.classes, results.overlap)
        np.add.at(predicted, classes, 1)
        np.add.at(right, classes[[verdict == "correct" for verdict in exact.verdicts]], 1)
        anything = np.zeros(len(true.classes), dtype=np.int64)
        anywhere = match_boxes(boxes, np.zeros_like(classes), scores, true.corners, anything, results.overlap)
        for k, partner in zip(classes.tolist(), anywhere.true_of, strict=True):
            taken_for = background if partner is None else int(true.classes[partner])
            add((taken_for if taken_for >= 0 else background, k), row)
        for k, score in zip(true.classes.tolist(), anywhere.found_by, strict=True):
            if score is None and k >= 0:
                add((k, background), row)
    return Counts(confusion, rows, right, predicted)


def _curves(results: DetectionResults, split: Split) -> Insight:
    series = []
    for k, label in enumerate(results.labels):
        curve = results.evaluation.curve(results.overlap, k)
        if curve is not None:
            values = tuple(float(one) for one in curve)
            series.append(Series(name=label, x=tuple(float(one) for one in RECALLS), y=values))
    return Insight(
        key=f"{split}-precision-recall",
        group=split,
        title=Panel.PRECISION_RECALL,
        how_to_read=f"Precision against recall of the boxes at an IoU of "
        f"{results.overlap:g}. The area under a curve is the class's average precision.",
        payload=Lines(x_label="Recall", y_label="Precision", series=tuple(series)),
    )


def _classes(results: DetectionResults, counts: Counts, split: Split) -> Insight:
    evaluation = results.evaluation
    at_overlap = evaluation.class_ap(results.overlap)
    rows = []
    for k, label in enumerate(results.labels):
        true, predicted, right = evaluation.boxes_K[k], int(counts.predicted_K[k]), int(counts.right_K[k])
        rows.append(
            (
                label,
                true,
                predicted,
                right / predicted if predicted else None,
                right / true if true else None,
                _known(at_overlap[k]),
                _known(evaluation.class_coco(k)),
            )
        )
    return Insight(
        key=f"{split}-classes",
        group=split,
        title=Panel.CLASSES,
        how_to_read=f"Precision and recall count boxes above a confidence of {results.threshold:g}; average precision "
        "uses all boxes. Classes with few boxes or low values need more examples or a closer look.",
        payload=Table(
            columns=(
                "Class",
                "True boxes",
                "Predicted",
                "Precision",
                "Recall",
                f"AP at {results.overlap:g}",
                "COCO AP",
            ),
            rows=tuple(rows),
        ),
    )


def _figures(results: DetectionResults, split: Split) -> Insight:
    evaluation = results.evaluation
    pairwise_iou = dict.fromkeys((results.overlap, 0.5, 0.75))
    rows = (
        *((f"AP at overlap {one:g}", _known(evaluation.ap(one))) for one in pairwise_iou),
        ("AP, overlaps 0.50 to 0.95", _known(evaluation.coco())),
        *((f"AP of objects: {name}", _known(evaluation.coco(size))) for size, name in enumerate(SIZES, start=1)),
        ("Recall, overlaps 0.50 to 0.95", _known(evaluation.coco_recall())),
    )
    return Insight(
        key=f"{split}-coco",
        group=split,
        title=Panel.COCO,
        how_to_read="Average precision by IoU threshold and by object size.",
        payload=Table(columns=("Figure", "Value"), rows=rows),
    )


def _by_overlap(results: DetectionResults, split: Split) -> Insight:
    """Of all classes, and of each where there are not too many to tell apart."""
    at = {overlap: results.evaluation.class_ap(overlap) for overlap in COCO_OVERLAPS}
    series = [Series(name="All classes", x=COCO_OVERLAPS, y=tuple(_known(results.evaluation.ap(one)) for one in at))]
    if 1 < len(results.labels) <= MOST_CLASS_LINES:
        for k, label in enumerate(results.labels):
            series.append(Series(name=label, x=COCO_OVERLAPS, y=tuple(_known(one[k]) for one in at.values())))
    return Insight(
        key=f"{split}-ap-by-overlap",
        group=split,
        title=Panel.BY_OVERLAP,
        how_to_read="A curve that falls early means that objects are found but their boxes are not tight.",
        payload=Lines(x_label="IoU threshold", y_label="Average precision", series=tuple(series)),
    )


def _by_size(results: DetectionResults, split: Split) -> Insight:
    values = tuple(_known(results.evaluation.coco(size)) for size in range(1, len(SIZES) + 1))
    return Insight(
        key=f"{split}-ap-by-size",
        group=split,
        title=Panel.BY_SIZE,
        how_to_read="COCO average precision of small, medium and large objects, measured in the original image. If "
        "small objects score lower, a larger input size may help.",
        payload=Bars(x_label="Area of the box", y_label="COCO average precision", names=SIZES, values=values),
    )


def _confusion(results: DetectionResults, counts: Counts, split: Split) -> Insight:
    names = (*results.labels, BACKGROUND)
    cells = range(len(names))
    return Insight(
        key=f"{split}-confusion",
        group=split,
        title=Panel.CONFUSION,
        how_to_read=f"Boxes above a confidence of {results.threshold:g}. The last column counts false "
        "negatives, the last row false positives.",
        payload=Matrix(
            row_label="Truth",
            column_label="Prediction",
            row_names=names,
            column_names=names,
            counts=tuple(tuple(int(one) for one in row) for row in counts.confusion),
            opens_samples=False,
            sample_rows=tuple(tuple(tuple(counts.rows.get((i, j), ())) for j in cells) for i in cells),
        ),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
