"""InstanceTask: objects of an image by their masks, with a class and a confidence each.

Shapes: N instances.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.masks.run_lengths import to_text
from studio.modeling.composed_recipe import ShownRow, Task
from studio.modeling.instance_segmentation.layers import Layers, layers_as_runs, pixels_of
from studio.modeling.instance_segmentation.results import INSTANCES, ComparedMasks, compared_masks, evaluate_masks
from studio.modeling.instance_segmentation.shown import instance_annotation
from studio.modeling.instance_segmentation.truth import InstanceSet
from studio.modeling.objects.average_precision import Evaluation
from studio.modeling.objects.insights import ObjectResults, object_insights
from studio.modeling.objects.matching import ComparedImage, Matching
from studio.modeling.objects.row_statistics import ObjectStatistics
from studio.modeling.predictions import PredictedMask, Raw, ScoredTable
from studio.modeling.recipe import Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowStatistics
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
from studio.results.sample_view import InstanceAnnotation, Match, SampleView
from studio.settings.schema import SettingsSchema

CONFIDENCE = "confidence"
LOWEST_SHOWN = 0.05
"""Confidence down to which a page's slider can go."""
SURE = 0.5
"""The confidence above which an instance is good enough to learn from."""
MASK_WEIGHT = 0.01
"""How much a differing share of pixels counts as a difference: pixels at the threshold may fall to either side."""


class InstanceTask(Task):
    """Masks of objects in the pixels of files."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.threshold = float(settings.prediction.probability_threshold)
        self._confidence = float(settings.prediction.confidence_threshold)
        self._evaluated: tuple[ScoredTable, Evaluation] | None = None

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """Raises DatasetError if no row has a mask with a pixel."""
        return Target("instance segmentation", class_names(table, mask_columns(settings)))

    def has_truth(self, table: pd.DataFrame) -> bool:
        return all(column in table.columns for column in mask_columns(self.settings))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", f"Classes {', '.join(self.target.labels[:50])}.")
        limit = int(self.settings.prediction.max_det_per_image)
        for name, table in (("validation", validation), ("test", test)):
            if table is None or not self.has_truth(table):
                continue
            names = names_of_masks(table, mask_columns(self.settings))
            yield from unseen_classes(name, Counter(one for one in names if one not in self.target.labels))
            truth = truth_of(table, self.settings, self.target.labels) or []
            most = max((sum(bool(text) for text in one.texts) for one in truth), default=0)
            if most > limit:
                words = (
                    f"A {name} image has {most} instances, and at most {limit} are predicted: raise Max det per image."
                )
                yield Note("warning", words)

    def targets_of(self, table: pd.DataFrame) -> MaskTargets | None:
        """The true masks of every row."""
        masks = truth_of(table, self.settings, self.target.labels)
        return None if masks is None else MaskTargets(masks, len(self.target.labels))

    def truth_view(self, target: Any) -> InstanceAnnotation:
        """The objects of a training sample, in planes."""
        assert isinstance(target, Layers)
        runs = layers_as_runs(target)
        shape = (int(target.planes_PHW.shape[1]), int(target.planes_PHW.shape[2]))
        shown = InstanceSet(shape, target.classes_N, runs, np.ones(len(runs)))
        return instance_annotation(shown, self.target.labels)

    def limited(self, found: InstanceSet) -> Raw:
        """The raw prediction of one image: its surest instances, as many as are let through."""
        limit = int(self.settings.prediction.max_det_per_image)
        order = np.argsort(-found.scores_N, kind="stable")[:limit]
        runs = [found.runs[one] for one in order]
        return InstanceSet(found.shape, found.classes_N[order], runs, found.scores_N[order]).raw()

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self._lists(scored, self._confidence)

    def masks(self, scored: ScoredTable) -> list[list[PredictedMask]]:
        found = [InstanceSet.of_raw(raw) for raw in scored.raw]
        sure = [one.where(one.scores_N > self._confidence) for one in found]
        return [
            [
                PredictedMask(self.target.labels[k], float(score), runs, one.shape)
                for k, score, runs in zip(one.classes_N, one.scores_N, one.runs, strict=True)
            ]
            for one in sure
        ]

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Rows with an instance that is sure, and their sure instances as lists in the columns of the training table.

        Sure is a confidence above the threshold and above `SURE`. A row without such an instance may be one without
        objects, or one that is too hard: nobody knows, so it is left out.
        """
        least = max(self._confidence, SURE)
        lists = self._lists(scored, least).drop(columns=CONFIDENCE)
        is_sure = np.array([bool((raw["scores"] > least).any()) for raw in scored.raw], dtype=bool)
        labelled: pd.DataFrame = scored.table.assign(**{name: lists[name] for name in lists.columns})[is_sure]
        return labelled

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        truth = truth_of(scored.table, self.settings, self.target.labels)
        if truth is None:
            return {}
        evaluation = self._evaluation(truth, scored)
        return {"mAP": evaluation.ap(self._overlap), "COCO_mAP": evaluation.coco()}

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        truth = truth_of(scored.table, self.settings, self.target.labels)
        if truth is None:
            return None
        limit = int(self.settings.prediction.max_det_per_image)
        return ObjectStatistics(compared_masks(truth, scored.raw), len(self.target.labels), self._overlap, limit)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        truth = truth_of(scored.table, self.settings, self.target.labels)
        if truth is None:
            return
        results = ObjectResults(
            evaluation=self._evaluation(truth, scored),
            images=compared_masks(truth, scored.raw),
            rows=scored.row_numbers(),
            labels=self.target.labels,
            overlap=self._overlap,
            threshold=self._confidence,
            noun=INSTANCES,
        )
        yield from object_insights(results, split, with_sizes=True)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        truth = truth_of(scored.table, self.settings, self.target.labels)
        for position, (row, one) in enumerate(zip(scored.row_numbers(), shown, strict=True)):
            raw = scored.raw[position]
            loss = scored.loss_of(position)
            if truth is None:
                view = SampleView(row=row, prediction=self._prediction(InstanceSet.of_raw(raw)), loss=loss, **one.view)
                yield SampleRow(view, confidence=_highest(raw))
                continue
            masks = ComparedMasks.of(truth[position], raw)
            image = masks.image()
            matching = image.matching(self._overlap)
            view = SampleView(
                row=row,
                truth=self._truth(masks.true, matching),
                prediction=self._prediction(masks.predicted, image, matching),
                loss=loss,
                **one.view,
            )
            yield SampleRow(view, correct=self._is_right(image, matching), confidence=_highest(raw))

    def confidence_start(self) -> float | None:
        return self._confidence

    def raw_difference(self, raw: Raw, other: Raw) -> float:
        """Of confidences, instance by instance; and of masks, whose pixels at the threshold may differ where digits are
        rounded."""
        ours, theirs = _ordered(InstanceSet.of_raw(raw)), _ordered(InstanceSet.of_raw(other))
        if ours.shape != theirs.shape or ours.classes_N.tolist() != theirs.classes_N.tolist():
            return float("inf")
        scores = np.abs(ours.scores_N - theirs.scores_N)
        if not np.isfinite(scores).all():
            return float("inf")
        areas = np.maximum(ours.areas, 1)
        ious = [1 if np.array_equal(a, b) else _iou(a, b) for a, b in zip(ours.runs, theirs.runs, strict=True)]
        differing = (1 - np.array(ious)) * areas / (ours.shape[0] * ours.shape[1])
        return float(max(scores.max(initial=0.0), MASK_WEIGHT * differing.max(initial=0.0)))

    @property
    def _overlap(self) -> float:
        return float(self.settings.prediction.metric_iou_threshold)

    def _lists(self, scored: ScoredTable, confidence: float) -> pd.DataFrame:
        """Instances above a confidence as lists, in columns named as those of the input."""
        found = [InstanceSet.of_raw(raw) for raw in scored.raw]
        sure = [one.where(one.scores_N > confidence) for one in found]
        label, masks = mask_columns(self.settings)
        lists: dict[str, list[list[Any]]] = {
            label: [[self.target.labels[k] for k in one.classes_N] for one in sure],
            masks: [[to_text(runs) for runs in one.runs] for one in sure],
            CONFIDENCE: [one.scores_N.tolist() for one in sure],
        }
        return pd.DataFrame(
            {name: pd.Series(values, dtype=object, index=scored.table.index) for name, values in lists.items()}
        )

    def _evaluation(self, truth: Sequence[TrueMasks], scored: ScoredTable) -> Evaluation:
        """Kept for the table it was last made of: metrics and insights both ask."""
        if self._evaluated is None or self._evaluated[0] is not scored:
            limit = int(self.settings.prediction.max_det_per_image)
            found = evaluate_masks(truth, scored.raw, len(self.target.labels), self._overlap, limit)
            self._evaluated = (scored, found)
        return self._evaluated[1]

    def _is_right(self, image: ComparedImage, matching: Matching) -> bool:
        """No false negative and no false positive at the confidence threshold."""
        sure = image.scores_N > self._confidence
        all_correct = all(one == "correct" for one, keep in zip(matching.verdicts, sure, strict=True) if keep)
        return all_correct and all(score is not None and score > self._confidence for score in matching.found_by)

    def _truth(self, true: InstanceSet, matching: Matching) -> InstanceAnnotation:
        matches: list[Match | None] = [
            "correct" if score is not None and score > self._confidence else "false_negative"
            for score in matching.found_by
        ]
        return instance_annotation(true, self.target.labels, matches=matches)

    def _prediction(
        self, found: InstanceSet, image: ComparedImage | None = None, matching: Matching | None = None
    ) -> InstanceAnnotation:
        """What a page may show; matching goes by falling confidence, so what is left out changes nothing."""
        kept = found.scores_N >= min(LOWEST_SHOWN, self._confidence)
        if image is None or matching is None:
            return instance_annotation(found.where(kept), self.target.labels, with_scores=True)
        places = np.flatnonzero(kept).tolist()
        partners = [matching.true_of[one] for one in places]
        return instance_annotation(
            found.where(kept),
            self.target.labels,
            with_scores=True,
            matches=[matching.verdicts[one] for one in places],
            ious=[
                None if partner is None else float(image.ious_NM[one, partner])
                for one, partner in zip(places, partners, strict=True)
            ],
        )


def _highest(raw: Raw) -> float | None:
    scores: NDArray[np.float64] = np.asarray(raw["scores"])
    return float(scores.max()) if len(scores) else None


def _ordered(found: InstanceSet) -> InstanceSet:
    """By class and first pixel, which does not depend on digits of confidences."""
    firsts = np.array([int(runs[0, 0]) if len(runs) else 0 for runs in found.runs], dtype=np.int64)
    order = np.lexsort((-found.areas, firsts, found.classes_N))
    return InstanceSet(found.shape, found.classes_N[order], [found.runs[one] for one in order], found.scores_N[order])


def _iou(runs: Any, others: Any) -> float:
    ours, theirs = pixels_of(runs), pixels_of(others)
    common = len(np.intersect1d(ours, theirs))
    return common / max(1, len(ours) + len(theirs) - common)
