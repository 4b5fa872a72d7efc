"""Average precision of boxes or masks by faster-coco-eval: at one IoU, and the COCO metrics.

Shapes: T overlaps, R recalls, K classes, S sizes (all, small, medium, large).
"""

import contextlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

COCO_OVERLAPS = tuple(round(0.5 + 0.05 * index, 2) for index in range(10))
RECALLS = np.linspace(0.0, 1.0, 101)
ShapeKind = Literal["bbox", "segm"]


@dataclass(frozen=True)
class ImageObjects:
    """The true or the predicted objects of one image."""

    classes: Sequence[int]
    shapes: Sequence[Mapping[str, object]]
    """As COCO writes them: a `bbox` or a `segmentation`, and the `area` in square pixels."""
    scores: Sequence[float] = ()
    """Confidences, one a predicted object."""
    size: tuple[int, int] = (1, 1)
    """Height and width of the image, which masks are counted in."""


@dataclass(frozen=True)
class Evaluation:
    """Average precision by IoU, class and size."""

    pairwise_iou: tuple[float, ...]
    precision_TRK: NDArray[np.float64]
    """Of objects of all sizes; -1 where a class has no true object."""
    by_size_TKS: NDArray[np.float64]
    recall_TK: NDArray[np.float64]
    objects_K: tuple[int, ...]
    """True objects of each class."""

    def class_ap(self, overlap: float) -> list[float]:
        """Average precision of each class at one overlap; NaN for a class without true objects."""
        return [_mean(self.precision_TRK[self._row(overlap), :, k]) for k in range(len(self.objects_K))]

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
        """Precision at 101 recalls of one class; None without true objects."""
        found = self.precision_TRK[self._row(overlap), :, k]
        return None if (found < 0).all() else found

    def _row(self, overlap: float) -> int:
        return int(np.argmin(np.abs(np.array(self.pairwise_iou) - overlap)))


def evaluate_objects(
    truth: Sequence[ImageObjects],
    found: Sequence[ImageObjects],
    classes: int,
    overlap: float,
    max_det_per_image: int,
    kind: ShapeKind,
) -> Evaluation:
    """Compare predicted with true objects, over all images; true ones of unseen classes (below 0) are left out."""
    pairwise_iou = tuple(sorted({*COCO_OVERLAPS, round(overlap, 4)}))
    counts = tuple(sum(k == index for one in truth for k in one.classes) for index in range(classes))
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO(_annotations(truth, classes))
        results = _results(found)
        if not sum(counts) or not results:
            return _nothing_found(pairwise_iou, counts)
        evaluation = COCOeval_faster(reference, reference.loadRes(results), kind)
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
        objects_K=counts,
    )


def _annotations(truth: Sequence[ImageObjects], classes: int) -> dict[str, list[dict[str, object]]]:
    known = [
        (image, k, shape)
        for image, one in enumerate(truth, start=1)
        for k, shape in zip(one.classes, one.shapes, strict=True)
        if k >= 0
    ]
    return {
        "images": [
            {"id": image, "height": one.size[0], "width": one.size[1]} for image, one in enumerate(truth, start=1)
        ],
        "categories": [{"id": k + 1, "name": str(k)} for k in range(classes)],
        "annotations": [
            {"id": number, "image_id": image, "category_id": k + 1, "iscrowd": 0, **shape}
            for number, (image, k, shape) in enumerate(known, start=1)
        ],
    }


def _results(found: Sequence[ImageObjects]) -> list[dict[str, object]]:
    return [
        {"image_id": image, "category_id": k + 1, "score": score, **shape}
        for image, one in enumerate(found, start=1)
        for k, score, shape in zip(one.classes, one.scores, one.shapes, strict=True)
    ]


def _nothing_found(pairwise_iou: tuple[float, ...], objects: tuple[int, ...]) -> Evaluation:
    """Zero for classes that have true objects, undefined for the rest."""
    missing = np.where(np.array(objects) > 0, 0.0, -1.0)
    return Evaluation(
        pairwise_iou=pairwise_iou,
        precision_TRK=np.broadcast_to(missing, (len(pairwise_iou), len(RECALLS), len(objects))).copy(),
        by_size_TKS=np.repeat(np.broadcast_to(missing, (len(pairwise_iou), len(objects)))[:, :, None], 4, axis=2),
        recall_TK=np.broadcast_to(missing, (len(pairwise_iou), len(objects))).copy(),
        objects_K=objects,
    )


def _mean_over_recalls(precision_TRKS: NDArray[np.float64]) -> NDArray[np.float64]:
    undefined = (precision_TRKS < 0).all(axis=1)
    return np.where(undefined, -1.0, precision_TRKS.mean(axis=1))


def _mean(values: NDArray[np.float64]) -> float:
    """The mean of what is defined; NaN if nothing is."""
    defined = values[(values >= 0) & ~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan
