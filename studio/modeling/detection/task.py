"""DetectionTask: objects of an image by their boxes, with a class and a confidence each.

Shapes: N boxes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.labels.labels import label_text
from studio.errors import DatasetError
from studio.modeling.boxes import match_boxes
from studio.modeling.composed_recipe import ShownRow, Task
from studio.modeling.detection.insights import BOXES, compared_boxes
from studio.modeling.detection.metrics import evaluate_boxes
from studio.modeling.detection.truth import TrueBoxes, box_columns, class_names, truth_of
from studio.modeling.objects.average_precision import Evaluation
from studio.modeling.objects.insights import ObjectResults, object_insights
from studio.modeling.objects.matching import Matching
from studio.modeling.objects.row_statistics import ObjectStatistics
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Note, SampleRow, Split, Target
from studio.modeling.row_statistics import RowStatistics
from studio.modeling.unseen_classes import unseen_classes
from studio.results.insight import Insight
from studio.results.sample_view import Box, BoxAnnotation, SampleView
from studio.settings.schema import SettingsSchema

LOWEST_SHOWN = 0.05
"""Confidence down to which a page's slider can go."""
CONFIDENCE = "confidence"
SURE = 0.5
"""The confidence above which a box is good enough to learn from."""


class DetectionTask(Task):
    """Boxes in the pixels of files, by classes."""

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._evaluated: tuple[ScoredTable, Evaluation] | None = None

    @classmethod
    def target_of(cls, settings: SettingsSchema, table: pd.DataFrame) -> Target:
        """Raises DatasetError if no row has a box."""
        names = class_names(table, str(settings.value("dataset.class_name_column")))
        if not names:
            raise DatasetError(
                "No training row has a box.",
                hint="Choose the columns that hold the boxes.",
                code="no_boxes",
                found="0 boxes",
                expected="at least 1 box",
            )
        return Target("detection", tuple(sorted(set(names))))

    def has_truth(self, table: pd.DataFrame) -> bool:
        return all(column in table.columns for column in box_columns(self.settings))

    def notes(self, validation: pd.DataFrame, test: pd.DataFrame | None) -> Iterator[Note]:
        yield Note("info", f"Classes {', '.join(self.target.labels[:50])}.")
        for name, table in (("validation", validation), ("test", test)):
            if table is None or not self.has_truth(table):
                continue
            names = class_names(table, self.settings.dataset.class_name_column)
            yield from unseen_classes(name, Counter(one for one in names if one not in self.target.labels))

    def targets_of(self, table: pd.DataFrame) -> list[TrueBoxes] | None:
        """The true boxes of every row."""
        return truth_of(table, self.settings, self.target.labels)

    def truth_view(self, target: TrueBoxes) -> BoxAnnotation:
        boxes = zip(target.corners, target.classes, strict=True)
        return BoxAnnotation(boxes=tuple(self._box(corner, int(k)) for corner, k in boxes))

    def raw(self, boxes_N4: NDArray[np.float64], scores_N: NDArray[np.float64], classes_N: NDArray[np.int64]) -> Raw:
        """The raw prediction of one image."""
        return {"boxes": boxes_N4, "scores": scores_N, "classes": classes_N}

    def columns(self, scored: ScoredTable) -> pd.DataFrame:
        return self._box_lists(scored, self._threshold)

    def pseudo_labels(self, scored: ScoredTable) -> pd.DataFrame:
        """Rows with a box that is sure, and their sure boxes as lists in the columns of the training table.

        Sure is a confidence above the probability threshold and above `SURE`. A row without such a box may be one
        without objects, or one that is too hard: nobody knows, so it is left out.
        """
        least = max(self._threshold, SURE)
        lists = self._box_lists(scored, least).drop(columns=CONFIDENCE)
        is_sure = np.array([bool((raw["scores"] > least).any()) for raw in scored.raw], dtype=bool)
        labelled: pd.DataFrame = scored.table.assign(**{name: lists[name] for name in lists.columns})[is_sure]
        return labelled

    def metrics(self, scored: ScoredTable) -> dict[str, float]:
        truth = self.targets_of(scored.table)
        if truth is None:
            return {}
        evaluation = self._evaluation(truth, scored)
        overlap = self.settings.prediction.metric_iou_threshold
        return {"mAP": evaluation.ap(overlap), "COCO_mAP": evaluation.coco()}

    def row_statistics(self, scored: ScoredTable) -> RowStatistics | None:
        truth, prediction = self.targets_of(scored.table), self.settings.prediction
        if truth is None:
            return None
        limits = prediction.metric_iou_threshold, prediction.max_det_per_image
        return ObjectStatistics(compared_boxes(truth, scored.raw), len(self.target.labels), *limits)

    def insights(self, scored: ScoredTable, split: Split) -> Iterator[Insight]:
        truth = self.targets_of(scored.table)
        if truth is None:
            return
        results = ObjectResults(
            evaluation=self._evaluation(truth, scored),
            images=compared_boxes(truth, scored.raw),
            rows=scored.row_numbers(),
            labels=self.target.labels,
            overlap=self.settings.prediction.metric_iou_threshold,
            threshold=self._threshold,
            noun=BOXES,
        )
        yield from object_insights(results, split)

    def sample_rows(self, scored: ScoredTable, shown: Iterator[ShownRow]) -> Iterator[SampleRow]:
        truth = self.targets_of(scored.table)
        for position, (row, one) in enumerate(zip(scored.row_numbers(), shown, strict=True)):
            raw = self._shown(scored.raw[position])
            true = TrueBoxes(np.zeros((0, 4)), np.zeros(0, np.int64)) if truth is None else truth[position]
            matching = match_boxes(
                raw["boxes"],
                raw["classes"],
                raw["scores"],
                true.corners,
                true.classes,
                self.settings.prediction.metric_iou_threshold,
            )
            view = SampleView(
                row=row,
                truth=None if truth is None else self._truth_view(true, matching),
                prediction=self._prediction_view(raw, matching if truth is not None else None),
                loss=scored.loss_of(position),
                **one.view,
            )
            scores = raw["scores"]
            yield SampleRow(
                view,
                correct=None if truth is None else self._is_right(raw, matching),
                confidence=float(scores.max()) if len(scores) else None,
            )

    def confidence_start(self) -> float | None:
        return self._threshold

    @property
    def _threshold(self) -> float:
        return float(self.settings.prediction.probability_threshold)

    def _box_lists(self, scored: ScoredTable, threshold: float) -> pd.DataFrame:
        """Boxes above a confidence as lists, in columns named as those of the input."""
        names, *sides = box_columns(self.settings)
        pairs = [(raw, raw["scores"] > threshold) for raw in scored.raw]
        lists = {
            names: [[self.target.labels[k] for k in raw["classes"][keep]] for raw, keep in pairs],
            **{side: [raw["boxes"][keep, axis].tolist() for raw, keep in pairs] for axis, side in enumerate(sides)},
            CONFIDENCE: [raw["scores"][keep].tolist() for raw, keep in pairs],
        }
        return pd.DataFrame(
            {name: pd.Series(values, dtype=object, index=scored.table.index) for name, values in lists.items()}
        )

    def _evaluation(self, truth: Sequence[TrueBoxes], scored: ScoredTable) -> Evaluation:
        """Kept for the table it was last made of: metrics and insights both ask, and 10,000 images take 15 seconds."""
        if self._evaluated is None or self._evaluated[0] is not scored:
            prediction = self.settings.prediction
            limits = prediction.metric_iou_threshold, prediction.max_det_per_image
            found = evaluate_boxes(truth, scored.raw, len(self.target.labels), *limits)
            self._evaluated = (scored, found)
        return self._evaluated[1]

    def _shown(self, raw: Raw) -> Raw:
        """The boxes that a page may show; matching goes by falling score, so the others change nothing."""
        is_shown = raw["scores"] >= min(LOWEST_SHOWN, self._threshold)
        return {name: values[is_shown] for name, values in raw.items()}

    def _is_right(self, raw: Raw, matching: Matching) -> bool:
        """No false negative and no false positive at the probability threshold."""
        sure = raw["scores"] > self._threshold
        all_correct = all(one == "correct" for one, keep in zip(matching.verdicts, sure, strict=True) if keep)
        return all_correct and all(score is not None and score > self._threshold for score in matching.found_by)

    def _truth_view(self, true: TrueBoxes, matching: Matching) -> BoxAnnotation:
        boxes = []
        for corner, k, score in zip(true.corners, true.classes, matching.found_by, strict=True):
            is_found = score is not None and score > self._threshold
            match = "correct" if is_found else "false_negative"
            boxes.append(self._box(corner, int(k)).model_copy(update={"match": match}))
        return BoxAnnotation(boxes=tuple(boxes))

    def _prediction_view(self, raw: Raw, matching: Matching | None) -> BoxAnnotation:
        boxes = []
        for index, (corner, k, score) in enumerate(zip(raw["boxes"], raw["classes"], raw["scores"], strict=True)):
            more = {"score": float(score), "match": matching.verdicts[index] if matching else None}
            boxes.append(self._box(corner, int(k)).model_copy(update=more))
        return BoxAnnotation(boxes=tuple(boxes))

    def _box(self, corner: NDArray[np.floating], k: int) -> Box:
        x_min, y_min, x_max, y_max = (float(one) for one in corner)
        label = self.target.labels[k] if k >= 0 else "(unseen class)"
        return Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max, label=label_text(label))
