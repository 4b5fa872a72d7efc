"""Insights of detection: precision-recall a class, a table of classes, the COCO figures, confusion with background."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from studio.modeling.boxes import match_boxes
from studio.modeling.predictions import Raw
from studio.modeling.recipe import Split
from studio.problems.image_object_detection.metrics import RECALLS, Evaluation
from studio.problems.image_object_detection.truth import TrueBoxes
from studio.results.insight import Insight, Lines, Matrix, Series, Table

BACKGROUND = "(background)"


def detection_insights(
    evaluation: Evaluation,
    truth: Sequence[TrueBoxes],
    raw: Sequence[Raw],
    labels: Sequence[str],
    overlap: float,
    threshold: float,
    split: Split,
) -> Iterator[Insight]:
    """Every panel that rows with true boxes allow."""
    yield _curves(evaluation, labels, overlap, split)
    yield _classes(evaluation, labels, overlap, split)
    yield _figures(evaluation, overlap, split)
    yield _confusion(truth, raw, labels, overlap, threshold, split)


def _curves(evaluation: Evaluation, labels: Sequence[str], overlap: float, split: Split) -> Insight:
    series = []
    for k, label in enumerate(labels):
        curve = evaluation.curve(overlap, k)
        if curve is not None:
            values = tuple(float(one) for one in curve)
            series.append(Series(name=label, x=tuple(float(one) for one in RECALLS), y=values))
    return Insight(
        key=f"{split}-precision-recall",
        group=split,
        title="Precision-recall per class",
        how_to_read=f"How precise the boxes are when ever more true boxes are found, at an overlap of {overlap:g}. "
        "The area below a line is the class's average precision.",
        payload=Lines(x_label="Recall", y_label="Precision", series=tuple(series)),
    )


def _classes(evaluation: Evaluation, labels: Sequence[str], overlap: float, split: Split) -> Insight:
    at_overlap = evaluation.class_ap(overlap)
    rows = tuple(
        (label, evaluation.boxes_K[k], _known(at_overlap[k]), _known(evaluation.class_coco(k)))
        for k, label in enumerate(labels)
    )
    return Insight(
        key=f"{split}-classes",
        group=split,
        title="Average precision per class",
        how_to_read="Classes with few boxes or low average precision need more examples or a closer look.",
        payload=Table(columns=("Class", "True boxes", f"AP at {overlap:g}", "COCO AP"), rows=rows),
    )


def _figures(evaluation: Evaluation, overlap: float, split: Split) -> Insight:
    rows = (
        *((f"AP at overlap {one:g}", _known(evaluation.ap(one))) for one in dict.fromkeys((overlap, 0.5, 0.75))),
        ("AP, overlaps 0.50 to 0.95", _known(evaluation.coco())),
        ("AP of small objects (below 32 x 32 px)", _known(evaluation.coco(1))),
        ("AP of medium objects (up to 96 x 96 px)", _known(evaluation.coco(2))),
        ("AP of large objects", _known(evaluation.coco(3))),
        ("Recall, overlaps 0.50 to 0.95", _known(evaluation.coco_recall())),
    )
    return Insight(
        key=f"{split}-coco",
        group=split,
        title="COCO figures",
        how_to_read="Average precision by how exactly a box must fit and by the size of the objects.",
        payload=Table(columns=("Figure", "Value"), rows=rows),
    )


def _confusion(
    truth: Sequence[TrueBoxes],
    raw: Sequence[Raw],
    labels: Sequence[str],
    overlap: float,
    threshold: float,
    split: Split,
) -> Insight:
    """Boxes above the threshold, matched by place alone, so that a right place with a wrong class shows."""
    counts = np.zeros((len(labels) + 1, len(labels) + 1), dtype=int)
    background = len(labels)
    for true, found in zip(truth, raw, strict=True):
        sure = found["scores"] > threshold
        classes = found["classes"][sure].astype(np.int64)
        anywhere = np.zeros(len(classes), dtype=np.int64)
        matching = match_boxes(
            found["boxes"][sure],
            anywhere,
            found["scores"][sure],
            true.corners,
            np.zeros(len(true.classes), dtype=np.int64),
            overlap,
        )
        for k, partner in zip(classes, matching.true_of, strict=True):
            row = background if partner is None else int(true.classes[partner])
            counts[row if row >= 0 else background, int(k)] += 1
        for k, score in zip(true.classes, matching.found_by, strict=True):
            if score is None and k >= 0:
                counts[int(k), background] += 1
    names = (*labels, BACKGROUND)
    return Insight(
        key=f"{split}-confusion",
        group=split,
        title="Confusion with background",
        how_to_read=f"Boxes above a confidence of {threshold:g}. The last column counts objects that were missed, the "
        "last row boxes where there is nothing.",
        payload=Matrix(
            row_label="Truth",
            column_label="Prediction",
            row_names=names,
            column_names=names,
            counts=tuple(tuple(int(one) for one in row) for row in counts),
            opens_samples=False,
        ),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
