"""Insights of segmentation: classes, overlap at every threshold, curves with a slider, confusion of pixels."""

from collections.abc import Iterator, Sequence

import numpy as np

from studio.modeling.dense.levels import LEVELS, NOT_TRUE, TRUE, Counts, at_every_level, at_threshold
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Split
from studio.modeling.segmentation.sums import CONFUSION, MaskSums, row_counts
from studio.results.insight import Insight, Lines, Matrix, Series, Table, ThresholdCurves, ThresholdPoint
from studio.results.segmentation import Panel

MOST_CURVES = 50
"""Classes that have curves, those with the most pixels; the table has them all."""
BACKGROUND = "(background)"
ROWS_BEHIND_CELL = 12
MOST_WORST = 5
"""Samples of a class that are named."""
STEP = 4
"""Levels between two points of the curves that are only looked at."""


def segmentation_insights(
    sums: MaskSums, labels: Sequence[str], scored: ScoredTable, split: Split
) -> Iterator[Insight]:
    """Every panel that truth allows."""
    if not sums.present.any():
        return
    pixels = sums.counts[:, TRUE].sum(axis=1)
    shown = sorted(int(k) for k in np.argsort(-pixels, kind="stable")[:MOST_CURVES] if pixels[k])
    yield _classes(sums, labels, split)
    yield from _overlaps(sums, labels, shown, split)
    yield _curves(sums, labels, shown, split)
    yield _confusion(sums, labels, scored, split)
    yield _sizes(sums, labels, scored, split)
    yield _worst(sums, labels, scored, split)
    yield _errors(sums, labels, split)


def _classes(sums: MaskSums, labels: Sequence[str], split: Split) -> Insight:
    found, total = sums.at_threshold(), int(sums.counts[0].sum())
    rows = []
    for k, label in enumerate(labels):
        true = int(found.true_positives[k] + found.false_negatives[k])
        predicted = int(found.true_positives[k] + found.false_positives[k])
        is_known = bool(true)
        rows.append(
            (
                label,
                int(sums.images[k]),
                true / total,
                predicted / total,
                float(found.iou[k]) if is_known else None,
                float(found.dice[k]) if is_known else None,
                float(found.precision[k]) if predicted else None,
                float(found.recall[k]) if is_known else None,
            )
        )
    return Insight(
        key=f"{split}-classes",
        group=split,
        title=Panel.CLASSES,
        how_to_read="How well the pixels of each class are found, at the probability threshold. A class that takes few "
        "pixels has a low IoU from small mistakes.",
        payload=Table(
            columns=("Class", "Images", "Share of pixels", "Predicted share", "IoU", "Dice", "Precision", "Recall"),
            rows=tuple(rows),
        ),
    )


def _overlaps(sums: MaskSums, labels: Sequence[str], shown: Sequence[int], split: Split) -> Iterator[Insight]:
    found = at_every_level(sums.counts)
    thresholds = tuple(level / LEVELS for level in range(0, LEVELS + 1, STEP))
    for key, title, values in (("iou", Panel.IOU, found.iou), ("dice", Panel.DICE, found.dice)):
        yield Insight(
            key=f"{split}-{key}",
            group=split,
            title=title,
            how_to_read="The height at which a class is highest is the best it can reach; the place tells the "
            "threshold for it. Wide tops do not mind the threshold.",
            payload=Lines(
                x_label="Threshold",
                y_label=key.upper() if key == "iou" else "Dice",
                series=tuple(
                    Series(name=labels[k], x=thresholds, y=tuple(float(one) for one in values[k, ::STEP]))
                    for k in shown
                ),
            ),
        )


def _curves(sums: MaskSums, labels: Sequence[str], shown: Sequence[int], split: Split) -> Insight:
    return Insight(
        key=f"{split}-curves",
        group=split,
        title=Panel.CURVES,
        how_to_read="Move the threshold to trade missed pixels against false ones. Counts, IoU and Dice are of all "
        "pixels of the set.",
        payload=ThresholdCurves(
            default_threshold=sums.threshold,
            is_overlap=True,
            classes=tuple(labels[k] for k in shown),
            points=tuple(_points(sums.counts[k]) for k in shown),
            roc_auc=tuple(_roc_auc(sums.counts[k]) for k in shown),
            average_precision=tuple(_average_precision(sums.counts[k]) for k in shown),
        ),
    )


def _points(counts_2L: Counts) -> tuple[ThresholdPoint, ...]:
    """Every threshold, falling."""
    found = at_every_level(counts_2L)
    positives, negatives = int(counts_2L[TRUE].sum()), int(counts_2L[NOT_TRUE].sum())
    points = []
    for level in range(LEVELS, -1, -1):
        hits, wrong = int(found.true_positives[level]), int(found.false_positives[level])
        points.append(
            ThresholdPoint(
                threshold=level / LEVELS,
                precision=hits / (hits + wrong) if hits + wrong else None,
                recall=hits / positives if positives else 0.0,
                false_positive_rate=wrong / negatives if negatives else 0.0,
                true_positives=hits,
                false_positives=wrong,
                false_negatives=positives - hits,
                true_negatives=negatives - wrong,
            )
        )
    return tuple(points)


def _roc_auc(counts_2L: Counts) -> float | None:
    """Area under the ROC curve of the levels; None where only one class occurs."""
    positives, negatives = counts_2L[TRUE].sum(), counts_2L[NOT_TRUE].sum()
    if not positives or not negatives:
        return None
    found = at_every_level(counts_2L)
    rate, recall = found.false_positives[::-1] / negatives, found.true_positives[::-1] / positives
    return float(np.trapezoid(recall, rate))


def _average_precision(counts_2L: Counts) -> float | None:
    """The mean of precision over steps of recall; None without positives."""
    positives = counts_2L[TRUE].sum()
    if not positives:
        return None
    found = at_every_level(counts_2L)
    steps = np.diff(found.true_positives[::-1] / positives)
    return float((steps * found.precision[::-1][1:]).sum())


def _confusion(sums: MaskSums, labels: Sequence[str], scored: ScoredTable, split: Split) -> Insight:
    names = (*labels, BACKGROUND)
    rows = scored.row_numbers()
    of_rows = np.stack([raw[CONFUSION].reshape(sums.confusion.shape) for raw in scored.raw])
    behind = tuple(
        tuple(
            tuple(rows[i] for i in np.argsort(-of_rows[:, i_true, i_said], kind="stable")[:ROWS_BEHIND_CELL]
                  if of_rows[i, i_true, i_said])
            for i_said in range(len(names))
        )
        for i_true in range(len(names))
    )  # fmt: skip
    return Insight(
        key=f"{split}-confusion",
        group=split,
        title=Panel.CONFUSION,
        how_to_read="Each row is what pixels are, each column what the model said, at the probability threshold. Where "
        "a true class is not predicted, the likeliest predicted class stands in its place. Open a cell to see the "
        "images with the most such pixels.",
        payload=Matrix(
            row_label="Truth",
            column_label="Prediction",
            row_names=names,
            column_names=names,
            counts=tuple(tuple(int(one) for one in row) for row in sums.confusion),
            opens_samples=False,
            sample_rows=behind,
        ),
    )


def _sizes(sums: MaskSums, labels: Sequence[str], scored: ScoredTable, split: Split) -> Insight:
    """Of every class how many pixels or voxels it has, and how far predictions are off, over rows that have any."""
    found = [at_threshold(row_counts(raw, len(labels)), sums.threshold) for raw in scored.raw]
    true_NK = np.stack([one.true_positives + one.false_negatives for one in found])
    said_NK = np.stack([one.true_positives + one.false_positives for one in found])
    rows = []
    for k, label in enumerate(labels):
        true, said = (sizes[true_NK[:, k] > 0, k].astype(np.float64) for sizes in (true_NK, said_NK))
        off = said - true
        known = (float(np.median(true)), float(np.median(said)), float((np.abs(off) / true).mean()),
                 float(off.sum() / true.sum())) if len(true) else (None,) * 4  # fmt: skip
        rows.append((label, len(true), *known))
    return Insight(
        key=f"{split}-sizes",
        group=split,
        title=Panel.SIZES,
        how_to_read="How large a class is in the samples that have it, at the probability threshold, in pixels or "
        "voxels. The error is the mean share by which single predictions are off; the bias of all together is below 0 "
        "where too little is predicted. A good size may still be in the wrong place, which IoU tells.",
        payload=Table(
            columns=("Class", "Samples", "Median true size", "Median predicted size", "Error", "Bias"),
            rows=tuple(rows),
        ),
    )


def _worst(sums: MaskSums, labels: Sequence[str], scored: ScoredTable, split: Split) -> Insight:
    """Of every class that occurs, the rows with its lowest IoU; of equals, those with more wrong pixels first."""
    of_rows = [at_threshold(row_counts(raw, len(labels)), sums.threshold) for raw in scored.raw]
    hits, wrong, missed = (
        np.stack([getattr(one, name) for one in of_rows])
        for name in ("true_positives", "false_positives", "false_negatives")
    )
    rows, numbers = [], scored.row_numbers()
    for k, label in enumerate(labels):
        concerned = np.flatnonzero(hits[:, k] + wrong[:, k] + missed[:, k])
        ious = np.array([of_rows[i].iou[k] for i in concerned])
        order = np.lexsort((-(wrong + missed)[concerned, k], ious))[:MOST_WORST]
        for i in concerned[order]:
            found = of_rows[i]
            rows.append(
                (label, numbers[i], float(found.iou[k]), float(found.dice[k]), int(missed[i, k]), int(wrong[i, k]))
            )
    return Insight(
        key=f"{split}-worst-of-classes",
        group=split,
        title=Panel.WORST,
        how_to_read="The rows in which a class is found worst, at the probability threshold. A class that is predicted "
        "where it is not has an IoU of 0 there.",
        payload=Table(columns=("Class", "Row", "IoU", "Dice", "False negatives", "False positives"), rows=tuple(rows)),
    )


def _errors(sums: MaskSums, labels: Sequence[str], split: Split) -> Insight:
    rows = []
    for label, places in zip(labels, sums.errors.tolist(), strict=True):
        total = sum(places)
        rows.append((label, total, *(count / total if total else None for count in places)))
    return Insight(
        key=f"{split}-errors",
        group=split,
        title=Panel.ERRORS,
        how_to_read="Where wrong pixels lie, at the probability threshold. At boundaries: within 2 % of the "
        "diagonal of the true outline, often a matter of how one draws. Inside: missed further in. Away: predicted "
        "further out. Errors inside and away are objects that are not understood.",
        payload=Table(columns=("Class", "Wrong pixels", "At boundaries", "Inside", "Away"), rows=tuple(rows)),
    )
