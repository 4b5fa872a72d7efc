"""InstanceSet: the objects of one image by class and run lengths, whether true or predicted; and how they overlap.

Shapes: N objects, M others, R runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from faster_coco_eval.core import mask as coco_masks
from numpy.typing import NDArray

from studio.datasets.masks.coco_rle import coco_counts
from studio.datasets.masks.run_lengths import from_text
from studio.modeling.objects.average_precision import ImageObjects
from studio.modeling.predictions import Raw
from studio.modeling.segmentation.truth import TrueMasks

if TYPE_CHECKING:
    from studio.datasets.masks.run_lengths import Runs

SIZE, CLASSES, SCORES, RUNS, RUNS_PER_INSTANCE = "size", "classes", "scores", "runs", "runs_per_instance"
"""Names of raw outputs: height and width, class and confidence of each instance (N), the runs (R, 2) of one instance
after the other, and how many each has (N)."""


@dataclass(frozen=True)
class InstanceSet:
    """Objects of an image of a height and a width."""

    shape: tuple[int, int]
    classes_N: NDArray[np.int64]
    runs: Sequence[Runs]
    scores_N: NDArray[np.float64]
    """Confidences; 1 for true objects."""

    @classmethod
    def of_raw(cls, raw: Raw) -> InstanceSet:
        """Predicted instances, the surest first."""
        ends = np.cumsum(np.asarray(raw[RUNS_PER_INSTANCE], dtype=np.int64))[:-1]
        runs = np.split(np.asarray(raw[RUNS], dtype=np.int64).reshape(-1, 2), ends) if len(raw[CLASSES]) else []
        height, width = (int(side) for side in raw[SIZE])
        classes, scores = np.asarray(raw[CLASSES], dtype=np.int64), np.asarray(raw[SCORES], dtype=np.float64)
        return cls((height, width), classes, runs, scores)

    @classmethod
    def of_truth(cls, truth: TrueMasks, shape: tuple[int, int]) -> InstanceSet:
        """True objects that have a pixel."""
        found = [(k, from_text(text)) for k, text in zip(truth.classes, truth.texts, strict=True) if text]
        classes = np.array([k for k, _ in found], dtype=np.int64)
        return cls(shape, classes, [runs for _, runs in found], np.ones(len(found)))

    def raw(self) -> Raw:
        """As a prediction is kept."""
        return {
            SIZE: np.array(self.shape, dtype=np.int64),
            CLASSES: self.classes_N,
            SCORES: self.scores_N,
            RUNS: np.concatenate(self.runs) if self.runs else np.zeros((0, 2), dtype=np.int64),
            RUNS_PER_INSTANCE: np.array([len(one) for one in self.runs], dtype=np.int64),
        }

    def where(self, kept_N: NDArray[np.bool_]) -> InstanceSet:
        """Some of them."""
        runs = [one for one, keep in zip(self.runs, kept_N, strict=True) if keep]
        return InstanceSet(self.shape, self.classes_N[kept_N], runs, self.scores_N[kept_N])

    @cached_property
    def areas(self) -> NDArray[np.float64]:
        """Pixels of each."""
        return np.array([one[:, 1].sum() for one in self.runs], dtype=np.float64)

    @cached_property
    def coco(self) -> list[Any]:
        """Their masks as compressed run lengths of COCO."""
        size = self.shape[0] * self.shape[1]
        counts = [{"counts": coco_counts(one, size), "size": list(self.shape)} for one in self.runs]
        return list(coco_masks.frPyObjects(counts, *self.shape)) if counts else []

    def objects(self) -> ImageObjects:
        """As average precision takes them."""
        shapes = [
            {"segmentation": mask, "area": area} for mask, area in zip(self.coco, self.areas.tolist(), strict=True)
        ]
        return ImageObjects(self.classes_N.tolist(), shapes, self.scores_N.tolist(), self.shape)

    def ious(self, others: InstanceSet) -> NDArray[np.float64]:
        """Intersection over union (N, M) with other objects of the image."""
        if not self.runs or not others.runs:
            return np.zeros((len(self.runs), len(others.runs)))
        found = coco_masks.iou(self.coco, others.coco, [0] * len(others.runs))
        return np.asarray(found, dtype=np.float64).reshape(len(self.runs), len(others.runs))
