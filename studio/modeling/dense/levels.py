"""Levels: how many pixels of each class have which probability, which is all that metrics of masks need.

A mask of probabilities is never kept. Its two histograms over 256 levels, of the pixels that are the class and of those
that are not, give true and false positives *at every threshold* as sums, so a threshold moves without the model.

Shapes: B batch, K classes, H height, W width, L levels, T thresholds.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LEVELS = 256
NOT_TRUE, TRUE = 0, 1
"""Places of the second axis of level counts."""
Counts = NDArray[np.int64]


def levels_of(probabilities: Tensor) -> Tensor:
    """The level of each probability, 0 to 255; level l holds probabilities from l / 256 on."""
    return (probabilities.float() * LEVELS).floor().clamp(0, LEVELS - 1).to(torch.uint8)


def level_of_threshold(threshold: float) -> int:
    """The lowest level that a threshold lets through; 256, which no pixel has, for a threshold of 1."""
    return int(np.ceil(threshold * LEVELS))


def level_counts(levels_BKHW: Tensor, truth_BKHW: Tensor) -> Tensor:
    """Pixels (B, K, 2, L) by whether they are the class, and by level; on the device of the levels.

    Sample by sample, so that nothing larger than the levels of one is made.
    """
    batch, classes = levels_BKHW.shape[:2]
    offsets_K11 = torch.arange(classes, device=levels_BKHW.device)[:, None, None] * (2 * LEVELS)
    counted = []
    for levels_KHW, truth_KHW in zip(levels_BKHW, truth_BKHW, strict=True):
        places = offsets_K11 + truth_KHW.bool().long() * LEVELS + levels_KHW.long()
        counted.append(torch.bincount(places.flatten(), minlength=classes * 2 * LEVELS))
    return torch.stack(counted).reshape(batch, classes, 2, LEVELS)


@dataclass(frozen=True)
class ThresholdCounts:
    """Pixels by truth and prediction; arrays (..., T)."""

    true_positives: Counts
    false_positives: Counts
    false_negatives: Counts

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union (Jaccard); 1 where a class is neither there nor predicted."""
        return _share(self.true_positives, self.true_positives + self.false_positives + self.false_negatives)

    @property
    def dice(self) -> NDArray[np.float64]:
        """Twice the intersection over the sum of both (F1 of pixels); 1 where a class is nowhere."""
        return _share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)

    @property
    def precision(self) -> NDArray[np.float64]:
        """The share of predicted pixels that are right; 1 where none is predicted."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> NDArray[np.float64]:
        """The share of the class's pixels that are predicted; 1 where there is none."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)


def at_every_level(counts: Counts) -> ThresholdCounts:
    """Counts (..., 2, L) as those of the 257 thresholds l / 256: 0 lets all pixels through, 1 lets none."""
    reached = np.zeros((*counts.shape[:-1], LEVELS + 1), dtype=np.int64)
    reached[..., :LEVELS] = counts[..., ::-1].cumsum(-1)[..., ::-1]
    positives = reached[..., TRUE, :]
    return ThresholdCounts(
        true_positives=positives,
        false_positives=reached[..., NOT_TRUE, :],
        false_negatives=positives[..., :1] - positives,
    )


def at_threshold(counts: Counts, threshold: float) -> ThresholdCounts:
    """Counts (..., 2, L) as those of one threshold; arrays (...)."""
    every, level = at_every_level(counts), level_of_threshold(threshold)
    return ThresholdCounts(
        every.true_positives[..., level], every.false_positives[..., level], every.false_negatives[..., level]
    )


def _share(part: Counts, whole: Counts) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.ones(part.shape, dtype=np.float64), where=whole > 0)
