"""SegmentationTask: classes of pixels, of images or of anything else with axes.

Shapes: K classes, then the axes of a sample; N runs.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.datasets.masks.run_lengths import encode, to_text
from studio.modeling.composed_recipe import ShownRow, Task
from studio.modeling.dense.levels import LEVELS, at_threshold, level_counts, level_of_threshold, levels_of
from studio.modeling.predictions import PredictedMask, Raw, ScoredTable
from studio.modeling.recipe import Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.segmentation.error_places import error_places
from studio.modeling.segmentation.insights import segmentation_insights
from studio.modeling.segmentation.losses import loss_of
from studio.modeling.segmentation.row_statistics import MaskStatistics
from studio.modeling.segmentation.shown_masks import mask_annotation
from studio.modeling.segmentation.sums import CONFUSION, COUNTS, ERRORS, PLACES, MaskSums, row_counts
from studio.modeling.segmentation.truth import (
    MaskTargets,
    TrueMasks,
    class_names,
    mask_columns,
    names_of_masks,
    truth_of,
)
from studio.modeling.unseen_classes import unseen_classes
from studio.results.insight import Insight
from studio.results.sample_view import MaskAnnotation, SampleView
from studio.settings.schema import SettingsSchema

SIZE, RUNS, RUNS_PER_CLASS, MEANS = "size", "runs", "runs_per_class", "mean_probabilities"
"""Names of raw outputs: the sides of the masks, their runs (N, 2) class after class, how many each class has (K), and
the mean probability of each class (K)."""
MASK_WEIGHT = 0.01
"""How much a differing share of pixels counts as a difference: pixels at the threshold may fall to either side."""


class SegmentationTask(Task):
    """Masks in the pixels of files, by classes."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.loss_function = loss_of(settings.training)
        self.threshold = float(settings.prediction.probability_threshold)

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """Raises DatasetError if no row has a pixel of a class."""
        return Target("segmentation", class_names(table, mask_columns(settings)))

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.target.labels)

    @property
    def outputs(self) -> int:
        """Outputs a pixel: of the classes, after one of the background where classes exclude each other."""
        return self.loss_function.outputs(self.classes)

    def has_truth(self, table: pd.DataFrame) -> bool:
        return all(column in table.columns for column in mask_columns(self.settings))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", f"Classes {', '.join(self.target.labels[:50])}.")
        for name, table in (("validation", validation), ("test", test)):
            if table is None or not self.has_truth(table):
                continue
            names = names_of_masks(table, mask_columns(self.settings))
            yield from unseen_classes(name, Counter(one for one in names if one not in self.target.labels))

    def targets_of(self, table: pd.DataFrame) -> MaskTargets | None:
        """The true masks of every row."""
        masks = truth_of(table, self.settings, self.target.labels)
        return None if masks is None else MaskTargets(masks, self.classes)

    def truth_view(self, target: NDArray[Any]) -> MaskAnnotation:
        """The masks (K, ...) of a training sample."""
        return mask_annotation(target > 0.5, self.target.labels)

    def raw(self, probabilities: Tensor, truth: TrueMasks | None) -> Raw:
        """The raw prediction of one sample from its probabilities (K, ...) in the pixels of its file."""
        shape = tuple(probabilities.shape[1:])
        chosen = _above(probabilities, self.threshold)
        runs = [encode(mask) for mask in chosen.cpu().numpy()]
        found: dict[str, NDArray[Any]] = {
            SIZE: np.array(shape, dtype=np.int64),
            RUNS: np.concatenate(runs),
            RUNS_PER_CLASS: np.array([len(one) for one in runs], dtype=np.int64),
            MEANS: probabilities.flatten(1).double().mean(1).cpu().numpy(),
        }
        if truth is None:
            return found
        true = torch.from_numpy(truth.dense(self.classes, *shape)).to(probabilities.device)
        # Class by class: places of all pixels of all classes would take more than the probabilities.
        counts = [
            level_counts(levels_of(one).reshape(1, 1, 1, -1), mask.reshape(1, 1, 1, -1))
            for one, mask in zip(probabilities, true, strict=True)
        ]
        flat = torch.cat(counts).flatten().cpu().numpy()
        found[PLACES] = np.flatnonzero(flat)
        found[COUNTS] = flat[found[PLACES]]
        found[ERRORS] = error_places(chosen, true.bool()).flatten().cpu().numpy()
        found[CONFUSION] = _confusion(probabilities, chosen, true.bool()).flatten().cpu().numpy()
        return found

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        """Lists of the classes that have a pixel, and of their run lengths, in columns named as those of the input."""
        found = [_texts(raw) for raw in scored.raw]
        lists = [
            [[label for label, text in zip(self.target.labels, texts, strict=True) if text] for texts in found],
            [[text for text in texts if text] for texts in found],
        ]
        names = mask_columns(self.settings)
        return pd.DataFrame(
            {
                name: pd.Series(values, dtype=object, index=scored.table.index)
                for name, values in zip(names, lists, strict=True)
            }
        )

    def masks(self, scored: ScoredTable) -> list[list[PredictedMask]]:
        return [
            [
                PredictedMask(label, None, runs, tuple(raw[SIZE].tolist()))
                for label, runs in zip(self.target.labels, _runs(raw), strict=True)
                if len(runs)
            ]
            for raw in scored.raw
        ]

    def accumulator(self, table: pd.DataFrame) -> MaskSums | None:
        return MaskSums(self.classes, self.threshold) if self.has_truth(table) else None

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        sums = self._sums(scored)
        return {} if sums is None else sums.metrics()

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        return MaskStatistics(scored.raw, self.classes, self.threshold) if self.has_truth(scored.table) else None

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        sums = self._sums(scored)
        if sums is not None:
            yield from segmentation_insights(sums, self.target.labels, scored, split)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        truth = truth_of(scored.table, self.settings, self.target.labels)
        for position, (row, one) in enumerate(zip(scored.row_numbers(), shown, strict=True)):
            raw = scored.raw[position]
            shape = tuple(raw[SIZE].tolist())
            overlaps = None if truth is None else at_threshold(row_counts(raw, self.classes), self.threshold)
            ious = None if overlaps is None else overlaps.iou
            true = None if truth is None else self._true_texts(truth[position], shape)
            view = SampleView(
                row=row,
                truth=None if true is None else mask_annotation(true, self.target.labels, shape),
                prediction=mask_annotation(_texts(raw), self.target.labels, shape, ious),
                loss=scored.loss_of(position),
                scores={} if overlaps is None else _scores(overlaps),
                **one.view,
            )
            yield SampleRow(view)

    def raw_difference(self, raw: Raw, other: Raw) -> float:
        """Of mean probabilities; and of masks, whose pixels at the threshold may differ where digits are rounded."""
        same_shape = raw[SIZE].tolist() == np.asarray(other[SIZE]).astype(int).tolist()
        means = np.abs(raw[MEANS] - np.asarray(other[MEANS], dtype=np.float64))
        if not same_shape or not np.isfinite(means).all():
            return float("inf")
        pixels = max(1, int(np.prod(raw[SIZE])))
        ours, theirs = _pixels(raw), _pixels(other)
        differing = max((len(np.setxor1d(a, b)) for a, b in zip(ours, theirs, strict=True)), default=0)
        return float(max(means.max(initial=0.0), MASK_WEIGHT * differing / pixels))

    def _sums(self, scored: ScoredTable) -> MaskSums | None:
        sums = self.accumulator(scored.table)
        if sums is not None:
            sums.add(range(len(scored)), scored.raw)
        return sums

    def _true_texts(self, truth: TrueMasks, shape: tuple[int, ...]) -> list[str]:
        """One text a class; of several masks of a class, those of all of them."""
        texts = [[text for k, text in zip(truth.classes, truth.texts, strict=True) if k == index and text]
                 for index in range(self.classes)]  # fmt: skip
        if all(len(one) < 2 for one in texts):
            return [one[0] if one else "" for one in texts]
        return [to_text(encode(mask > 0)) for mask in truth.dense(self.classes, *shape)]


def _above(probabilities: Tensor, threshold: float) -> Tensor:
    """Pixels whose level the threshold lets through."""
    level = level_of_threshold(threshold)
    return probabilities >= (level / LEVELS if level < LEVELS else float("inf"))


def _confusion(probabilities: Tensor, chosen: Tensor, true: Tensor) -> Tensor:
    """Pixels (1 + K, 1 + K) by truth and prediction, the background last.

    A pixel of a class that is predicted is right, whatever else is; where it is not, the likeliest of the predicted
    classes stands in its place.
    """
    classes = len(probabilities)
    flat, chosen_KN, true_KN = probabilities.flatten(1), chosen.flatten(1), true.flatten(1)
    likeliest = torch.where(chosen_KN, flat, -1.0).argmax(0)
    answer = torch.where(chosen_KN.any(0), likeliest, classes)
    rows = []
    for k in range(classes):
        said = torch.where(chosen_KN[k], k, answer)[true_KN[k]]
        rows.append(torch.bincount(said, minlength=classes + 1))
    rows.append(torch.bincount(answer[~true_KN.any(0)], minlength=classes + 1))
    return torch.stack(rows)


def _runs(raw: Raw) -> list[NDArray[np.int64]]:
    """The runs of every class."""
    return np.split(raw[RUNS], np.cumsum(raw[RUNS_PER_CLASS])[:-1])


def _texts(raw: Raw) -> list[str]:
    """The run lengths of every class."""
    return [to_text(one) for one in _runs(raw)]


def _pixels(raw: Raw) -> list[NDArray[np.int64]]:
    """The numbers of the pixels of every class."""
    runs = np.asarray(raw[RUNS], dtype=np.int64).reshape(-1, 2)
    ends = np.cumsum(np.asarray(raw[RUNS_PER_CLASS], dtype=np.int64))[:-1]
    return [
        np.concatenate([np.arange(start, start + length) for start, length in one] or [np.zeros(0, dtype=np.int64)])
        for one in np.split(runs, ends)
    ]


def _scores(overlaps: Any) -> dict[str, float]:
    """Of one sample: means over the classes that are true or predicted; 1 where there is none, as it should be."""
    seen = (overlaps.true_positives + overlaps.false_positives + overlaps.false_negatives) > 0
    if not seen.any():
        return {"IoU": 1.0, "Dice": 1.0}
    return {"IoU": float(overlaps.iou[seen].mean()), "Dice": float(overlaps.dice[seen].mean())}
