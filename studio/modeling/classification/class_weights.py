"""Weights of classes in the training loss: rare classes count more, each by how often the training rows have it.

Shapes: B batch, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from studio.datasets.labels.labels import Task

ClassWeighting = Literal["None", "Square root", "Balanced"]


@dataclass(frozen=True)
class ClassWeights:
    """What a label of 1 and a label of 0 count; the mean over the training rows is 1."""

    task: Task
    present_K: Tensor
    absent_K: Tensor
    """Only where a sample may have several labels: else its one class says what it counts."""

    def of_samples(self, targets_BK: Tensor) -> Tensor:
        """What each sample (B, 1) counts, or each label of it (B, K) where it may have several.

        Mixed samples count what their parts do.
        """
        present_K = self.present_K.to(targets_BK)
        if self.task is not Task.MULTI_LABEL:
            return (targets_BK * present_K).sum(1, keepdim=True)
        return targets_BK * present_K + (1 - targets_BK) * self.absent_K.to(targets_BK)


def class_weights(name: ClassWeighting, task: Task, counts: Sequence[int], rows: int) -> ClassWeights | None:
    """The weights by their setting; None where all count the same.

    Balanced is that of scikit-learn, rows / (classes * rows of the class), for one class a sample, and for several
    labels the same of each label's two values. The square root of it is between that and none.
    """
    if name == "None":
        return None
    power = 0.5 if name == "Square root" else 1.0
    count_K = torch.tensor(counts, dtype=torch.float64)
    if task is not Task.MULTI_LABEL:
        present_K = _inverse(count_K, power)
        return ClassWeights(task, present_K / _mean(present_K, count_K), torch.ones_like(present_K))
    present_K, absent_K = _inverse(count_K, power), _inverse(rows - count_K, power)
    mean_K = (present_K * count_K + absent_K * (rows - count_K)) / rows
    return ClassWeights(task, present_K / mean_K, absent_K / mean_K)


def _inverse(count_K: Tensor, power: float) -> Tensor:
    return torch.where(count_K > 0, count_K.clamp(min=1) ** -power, 0.0)


def _mean(weights_K: Tensor, count_K: Tensor) -> Tensor:
    return (weights_K * count_K).sum() / count_K.sum()
