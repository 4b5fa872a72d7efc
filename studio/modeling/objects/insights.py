"""Insights of objects: precision-recall, average precision by class, overlap and size, confusion with background.

Shapes: K classes.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.modeling.objects.average_precision import COCO_OVERLAPS, RECALLS, Evaluation
from studio.modeling.objects.matching import ComparedImage
from studio.modeling.objects.sizes import SIZES, SizeCounts
from studio.modeling.recipe import Split
from studio.results.detection import Panel
from studio.results.insight import Bars, Insight, Lines, Matrix, Series, Table

BACKGROUND = "(background)"
MOST_CLASS_LINES = 12
MOST_ROWS_A_CELL = 50


class Noun(NamedTuple):
    """What the objects are found by."""

    one: str
    many: str


@dataclass(frozen=True)
class ObjectResults:
    """What insights are made from."""

    evaluation: Evaluation
    images: Iterable[ComparedImage]
    """In the order of `rows`; gone through once."""
    rows: Sequence[int]
    """The row of each image in the source table."""
    labels: Sequence[str]
    overlap: float
    threshold: float
    """Of confidence."""
    noun: Noun


@dataclass(frozen=True)
class Counts:
    """What objects above the threshold amount to; the last class is the background."""

    confusion: NDArray[np.int64]
    """(K + 1, K + 1), truth by prediction."""
    rows: dict[tuple[int, int], list[int]]
    """Source rows of some images behind each cell."""
    right_K: NDArray[np.int64]
    predicted_K: NDArray[np.int64]
    sizes: SizeCounts


def object_insights(results: ObjectResults, split: Split, *, with_sizes: bool = False) -> Iterator[Insight]:
    """Every panel that rows with true objects allow; `with_sizes` adds what is matched and missed by size."""
    counts = count(results)
    yield _curves(results, split)
    yield _classes(results, counts, split)
    yield _figures(results, split)
    yield _by_overlap(results, split)
    yield _by_size(results, split)
    if with_sizes:
        yield counts.sizes.insight(split, results.overlap, results.threshold, results.noun.many)
    yield _confusion(results, counts, split)


def count(results: ObjectResults) -> Counts:
    """One pass over all images, whose objects are matched twice: by place and class for what is right, and by place
    alone for what is taken for what."""
    background = len(results.labels)
    confusion = np.zeros((background + 1, background + 1), dtype=np.int64)
    right, predicted = np.zeros(background, dtype=np.int64), np.zeros(background, dtype=np.int64)
    rows: dict[tuple[int, int], list[int]] = {}
    sizes = SizeCounts()

    def add(cell: tuple[int, int], row: int) -> None:
        confusion[cell] += 1
        behind = rows.setdefault(cell, [])
        if len(behind) < MOST_ROWS_A_CELL and (not behind or behind[-1] != row):
            behind.append(row)

    for image, row in zip(results.images, results.rows, strict=True):
        sure = image.above(results.threshold)
        exact = sure.matching(results.overlap)
        sizes.add(sure, exact)
        np.add.at(predicted, sure.classes_N, 1)
        np.add.at(right, sure.classes_N[[verdict == "correct" for verdict in exact.verdicts]], 1)
        anywhere = sure.matching_anywhere(results.overlap)
        for k, partner in zip(sure.classes_N.tolist(), anywhere.true_of, strict=True):
            taken_for = background if partner is None else int(sure.true_classes_M[partner])
            add((taken_for if taken_for >= 0 else background, k), row)
        for k, score in zip(sure.true_classes_M.tolist(), anywhere.found_by, strict=True):
            if score is None and k >= 0:
                add((k, background), row)
    return Counts(confusion, rows, right, predicted, sizes)


def _curves(results: ObjectResults, split: Split) -> Insight:
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
        how_to_read=f"Precision against recall of the {results.noun.many} at an IoU of "
        f"{results.overlap:g}. The area under a curve is the class's average precision.",
        payload=Lines(x_label="Recall", y_label="Precision", series=tuple(series)),
    )


def _classes(results: ObjectResults, counts: Counts, split: Split) -> Insight:
    evaluation, many = results.evaluation, results.noun.many
    at_overlap = evaluation.class_ap(results.overlap)
    rows = []
    for k, label in enumerate(results.labels):
        true, predicted, right = evaluation.objects_K[k], int(counts.predicted_K[k]), int(counts.right_K[k])
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
        how_to_read=f"Precision and recall count {many} above a confidence of {results.threshold:g}; average "
        f"precision uses all {many}. Classes with few {many} or low values need more examples or a closer look.",
        payload=Table(
            columns=(
                "Class",
                f"True {many}",
                "Predicted",
                "Precision",
                "Recall",
                f"AP at {results.overlap:g}",
                "COCO AP",
            ),
            rows=tuple(rows),
        ),
    )


def _figures(results: ObjectResults, split: Split) -> Insight:
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


def _by_overlap(results: ObjectResults, split: Split) -> Insight:
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
        how_to_read="A curve that falls early means that objects are found but their "
        f"{results.noun.many} are not tight.",
        payload=Lines(x_label="IoU threshold", y_label="Average precision", series=tuple(series)),
    )


def _by_size(results: ObjectResults, split: Split) -> Insight:
    values = tuple(_known(results.evaluation.coco(size)) for size in range(1, len(SIZES) + 1))
    return Insight(
        key=f"{split}-ap-by-size",
        group=split,
        title=Panel.BY_SIZE,
        how_to_read="COCO average precision of small, medium and large objects, measured in the original image. If "
        "small objects score lower, a larger input size may help.",
        payload=Bars(
            x_label=f"Area of the {results.noun.one}", y_label="COCO average precision", names=SIZES, values=values
        ),
    )


def _confusion(results: ObjectResults, counts: Counts, split: Split) -> Insight:
    names = (*results.labels, BACKGROUND)
    cells = range(len(names))
    many = results.noun.many.capitalize()
    return Insight(
        key=f"{split}-confusion",
        group=split,
        title=Panel.CONFUSION,
        how_to_read=f"{many} above a confidence of {results.threshold:g}. The last column counts false "
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
