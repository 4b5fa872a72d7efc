"""What each image adds to average precision. It is that of `average_precision.py`, as COCO defines it.

Shapes: B resamples, N images, D predicted objects of a class, R recalls, T overlaps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.modeling.objects.average_precision import COCO_OVERLAPS, RECALLS
from studio.modeling.objects.matching import ComparedImage
from studio.modeling.row_statistics import Floats, RowStatistics, mean_of_defined


@dataclass(frozen=True)
class _ClassObjects:
    """Of one class, by falling score."""

    images_D: NDArray[np.int64]
    hits_TD: NDArray[np.bool_]
    true_N: Floats
    """How many objects each image has."""


class ObjectStatistics(RowStatistics):
    """Predicted objects of every image with whether each is a true positive at every overlap."""

    def __init__(self, images: Iterable[ComparedImage], classes: int, overlap: float, max_det_per_image: int) -> None:
        self._overlaps = tuple(sorted({*COCO_OVERLAPS, round(overlap, 4)}))
        self._overlap = self._overlaps.index(round(overlap, 4))
        self._coco = [self._overlaps.index(one) for one in COCO_OVERLAPS]
        matched = [_matched(one, self._overlaps, max_det_per_image) for one in images]
        self.rows = len(matched)
        self._classes = [_of_class(matched, k) for k in range(classes)]

    def metrics(self, weights_BN: Floats) -> Mapping[str, Floats]:
        precision_KBT = [_average_precision(one, weights_BN, len(self._overlaps)) for one in self._classes]
        precision_BTK = np.stack(precision_KBT, -1)
        coco_BTK = precision_BTK[:, self._coco]
        return {
            "mAP": mean_of_defined(precision_BTK[:, self._overlap]),
            "COCO_mAP": mean_of_defined(coco_BTK.reshape(len(weights_BN), -1)),
        }


@dataclass(frozen=True)
class _Matched:
    """The objects of one image that count, and which are true positives."""

    classes: NDArray[np.int64]
    scores: Floats
    hits_TD: NDArray[np.bool_]
    true_classes: NDArray[np.int64]


def _matched(image: ComparedImage, overlaps: tuple[float, ...], limit: int) -> _Matched:
    kept = np.zeros(len(image.scores_N), dtype=bool)
    for k in np.unique(image.classes_N):
        of_class = np.flatnonzero(image.classes_N == k)
        kept[of_class[np.argsort(-image.scores_N[of_class], kind="stable")[:limit]]] = True
    places = np.flatnonzero(kept)
    order = places[np.argsort(-image.scores_N[places], kind="stable")]
    hits = np.stack([_hits(image, order, overlap) for overlap in overlaps])
    return _Matched(image.classes_N[order], image.scores_N[order], hits, image.true_classes_M)


def _hits(image: ComparedImage, order: NDArray[np.int64], overlap: float) -> NDArray[np.bool_]:
    """By falling score: each takes the free true object of its class that overlaps it most, of equals the last."""
    is_same = image.classes_N[order][:, None] == image.true_classes_M
    ious_DM = np.where(is_same, image.ious_NM[order], 0.0)
    least = min(overlap, 1 - 1e-10)
    hits = np.zeros(len(order), dtype=bool)
    is_free = np.ones(len(image.true_classes_M), dtype=bool)
    for place in np.flatnonzero((ious_DM >= least).any(axis=1)):
        ious = np.where(is_free, ious_DM[place], 0.0)
        best = len(ious) - 1 - int(ious[::-1].argmax())
        if ious[best] >= least:
            hits[place], is_free[best] = True, False
    return hits


def _of_class(matched: list[_Matched], k: int) -> _ClassObjects:
    if not matched:
        return _ClassObjects(np.zeros(0, dtype=np.int64), np.zeros((0, 0), dtype=bool), np.zeros(0))
    chosen = [one.classes == k for one in matched]
    images = np.concatenate([np.full(int(is_k.sum()), row) for row, is_k in enumerate(chosen)])
    scores = np.concatenate([one.scores[is_k] for one, is_k in zip(matched, chosen, strict=True)])
    hits = np.concatenate([one.hits_TD[:, is_k] for one, is_k in zip(matched, chosen, strict=True)], axis=1)
    order = np.argsort(-scores, kind="stable")
    true = np.array([(one.true_classes == k).sum() for one in matched], dtype=np.float64)
    return _ClassObjects(images[order].astype(np.int64), hits[:, order], true)


def _average_precision(objects: _ClassObjects, weights_BN: Floats, overlaps: int) -> Floats:
    """Mean precision over the recalls (B, T); NaN in resamples without a true object."""
    true_B = weights_BN @ objects.true_N
    found = np.zeros((len(weights_BN), overlaps))
    if len(objects.images_D):
        weights_BD = weights_BN[:, objects.images_D]
        total_BD = np.cumsum(weights_BD, axis=1)
        for row, hits_D in enumerate(objects.hits_TD):
            hits_BD = np.cumsum(weights_BD * hits_D, axis=1)
            precision_BD = hits_BD / np.maximum(total_BD, np.spacing(1))
            precision_BD = np.maximum.accumulate(precision_BD[:, ::-1], axis=1)[:, ::-1]
            found[:, row] = [_mean_precision(*one) for one in zip(hits_BD, precision_BD, true_B, strict=True)]
    return np.where(true_B[:, None] > 0, found, np.nan)


def _mean_precision(hits_D: Floats, precision_D: Floats, true: float) -> float:
    """At 101 recalls; 0 at those that are never reached."""
    if true == 0:
        return 0.0
    places = np.searchsorted(hits_D / true, RECALLS, side="left")
    return float(precision_D[places[places < len(precision_D)]].sum() / len(RECALLS))
