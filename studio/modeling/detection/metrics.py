"""Average precision by faster-coco-eval: at one IoU, and the COCO metrics.

Shapes: T overlaps, R recalls, K classes, S sizes (all, small, medium, large), D limits of boxes an image.
"""

import contextlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

from studio.modeling.detection.truth import TrueBoxes
from studio.modeling.predictions import Raw

COCO_OVERLAPS = tuple(round(0.5 + 0.05 * index, 2) for index in range(10))
RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Evaluation:
    """Average precision by IoU, class and size."""

    pairwise_iou: tuple[float, ...]
    precision_TRK: NDArray[np.float64]
    """Of boxes of all sizes; -1 where a class has no true box."""
    by_size_TKS: NDArray[np.float64]
    recall_TK: NDArray[np.float64]
    boxes_K: tuple[int, ...]
    """True boxes of each class."""

    def class_ap(self, overlap: float) -> list[float]:
        """Average precision of each class at one overlap; NaN for a class without true boxes."""
        return [_mean(self.precision_TRK[self._row(overlap), :, k]) for k in range(len(self.boxes_K))]

    def ap(self, overlap: float) -> float:
        """Mean over the classes that occur, at one overlap."""
        return _mean(np.array(self.class_ap(overlap)))

    def coco(self, size: int = 0) -> float:
        """Mean over overlaps from 0.50 to 0.95 and classes, for all sizes or one of them."""
        return _mean(self.by_size_TKS[[self._row(overlap) for overlap in COCO_OVERLAPS], :, size])

    def coco_recall(self) -> float:
        """Mean recall over overlaps from 0.50 to 0.95 and classes."""
        return _mean(self.recall_TK[[self._row(overlap) for overlap in COCO_OVERLAPS]])

    def class_coco(self, k: int) -> float:
        """COCO average precision of one class."""
        return _mean(self.by_size_TKS[[self._row(overlap) for overlap in COCO_OVERLAPS], k, 0])

    def curve(self, overlap: float, k: int) -> NDArray[np.float64] | None:
        """Precision at 101 recalls of one class; None without true boxes."""
        found = self.precision_TRK[self._row(overlap), :, k]
        return None if (found < 0).all() else found

    def _row(self, overlap: float) -> int:
        return int(np.argmin(np.abs(np.array(self.pairwise_iou) - overlap)))


def evaluate_boxes(
    truth: Sequence[TrueBoxes], raw: Sequence[Raw], classes: int, overlap: float, max_det_per_image: int
) -> Evaluation:
    """Compare predicted with true boxes, over all images."""
    pairwise_iou = tuple(sorted({*COCO_OVERLAPS, round(overlap, 4)}))
    boxes = tuple(int(sum((one.classes == k).sum() for one in truth)) for k in range(classes))
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO(_annotations(truth, classes))
        results = _results(raw)
        if not sum(boxes) or not results:
            return _nothing_found(pairwise_iou, boxes)
        evaluation = COCOeval_faster(reference, reference.loadRes(results), "bbox")
        evaluation.params.iouThrs = np.array(pairwise_iou)
        evaluation.params.maxDets = [max_det_per_image]
        evaluation.evaluate()
        evaluation.accumulate()
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    return Evaluation(
        pairwise_iou=pairwise_iou,
        precision_TRK=precision[:, :, :, 0, -1],
        by_size_TKS=_mean_over_recalls(precision[:, :, :, :, -1]),
        recall_TK=recall[:, :, 0, -1],
        boxes_K=boxes,
    )


def _annotations(truth: Sequence[TrueBoxes], classes: int) -> dict[str, list[dict[str, object]]]:
    annotations: list[dict[str, object]] = []
    for image, one in enumerate(truth, start=1):
        for (x_min, y_min, x_max, y_max), k in zip(one.corners, one.classes, strict=True):
            if k < 0:
                continue
            width, height = float(x_max - x_min), float(y_max - y_min)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": int(k) + 1,
                    "bbox": [float(x_min), float(y_min), width, height],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    return {
        "images": [{"id": image} for image in range(1, len(truth) + 1)],
        "categories": [{"id": k + 1, "name": str(k)} for k in range(classes)],
        "annotations": annotations,
    }


def _results(raw: Sequence[Raw]) -> list[dict[str, object]]:
    return [
        {
            "image_id": image,
            "category_id": int(k) + 1,
            "bbox": [float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1])],
            "score": float(score),
        }
        for image, one in enumerate(raw, start=1)
        for box, score, k in zip(one["boxes"], one["scores"], one["classes"], strict=True)
    ]


def _nothing_found(pairwise_iou: tuple[float, ...], boxes: tuple[int, ...]) -> Evaluation:
    """Zero for classes that have true boxes, undefined for the rest."""
    missing = np.where(np.array(boxes) > 0, 0.0, -1.0)
    return Evaluation(
        pairwise_iou=pairwise_iou,
        precision_TRK=np.broadcast_to(missing, (len(pairwise_iou), len(RECALLS), len(boxes))).copy(),
        by_size_TKS=np.repeat(np.broadcast_to(missing, (len(pairwise_iou), len(boxes)))[:, :, None], 4, axis=2),
        recall_TK=np.broadcast_to(missing, (len(pairwise_iou), len(boxes))).copy(),
        boxes_K=boxes,
    )


def _mean_over_recalls(precision_TRKS: NDArray[np.float64]) -> NDArray[np.float64]:
    undefined = (precision_TRKS < 0).all(axis=1)
    return np.where(undefined, -1.0, precision_TRKS.mean(axis=1))


def _mean(values: NDArray[np.float64]) -> float:
    """The mean of what is defined; NaN if nothing is."""
    defined = values[(values >= 0) & ~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan
