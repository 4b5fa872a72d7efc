"""Losses of classification, one value a sample, and the probabilities that belong to each.

Two classes have one logit under BCE and Focal (the positive class, which is the last) and two under CrossEntropy.

Shapes: B batch, K classes, O outputs of the model (K, or 1 for two classes).
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from studio.datasets.labels.labels import LabelSpace, Task
from studio.errors import TrainingError
from studio.modeling.classification.class_weights import ClassWeights

LossName = Literal["Automatic", "BCE", "CrossEntropy", "Focal"]


@dataclass(frozen=True)
class ClassificationLoss:
    """A loss with its task; `Automatic` is already resolved."""

    name: Literal["BCE", "CrossEntropy", "Focal"]
    task: Task
    classes: int
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0

    @property
    def outputs(self) -> int:
        """Logits a sample."""
        return 1 if self.task is Task.BINARY and self.name != "CrossEntropy" else self.classes

    @property
    def is_one_output_a_class(self) -> bool:
        """Whether each class has a logit of its own; one logit for two classes belongs to both."""
        return self.outputs == self.classes

    def per_sample(self, logits_BO: Tensor, targets_BK: Tensor, weights: ClassWeights | None = None) -> Tensor:
        """One loss a sample (B); NaN where the targets are. With weights, classes count as they say.

        Targets may lie between 0 and 1, as those of mixed images do. Focal is the sigmoid form of Lin et al. 2017,
        arXiv:1708.02002, over every output, for such targets as torchvision has it.
        """
        logits_BO = logits_BO.float()
        weights_B1 = 1.0 if weights is None else weights.of_samples(targets_BK)
        if self.name == "CrossEntropy":
            return -(weights_B1 * targets_BK * functional.log_softmax(logits_BO, dim=1)).sum(1)
        targets_BO = targets_BK[:, -self.outputs :]
        elements = functional.binary_cross_entropy_with_logits(logits_BO, targets_BO, reduction="none")
        if self.name == "Focal":
            right = targets_BO * torch.sigmoid(logits_BO) + (1 - targets_BO) * torch.sigmoid(-logits_BO)
            alpha = targets_BO * self.focal_alpha + (1 - targets_BO) * (1 - self.focal_alpha)
            elements = alpha * (1 - right).pow(self.focal_gamma) * elements
        return (weights_B1 * elements).mean(1)

    def probabilities(self, logits_BO: Tensor) -> Tensor:
        """Probabilities (B, K). They sum to 1 unless an image may have several labels.

        One-against-rest losses on one of many classes give sigmoids, which are scaled to sum to 1.
        """
        logits_BO = logits_BO.float()
        if self.name == "CrossEntropy":
            return torch.softmax(logits_BO, dim=1)
        sigmoids = torch.sigmoid(logits_BO)
        if self.task is Task.BINARY:
            return torch.cat([1 - sigmoids, sigmoids], dim=1)
        if self.task is Task.MULTI_CLASS:
            return sigmoids / sigmoids.sum(1, keepdim=True).clamp(min=1e-12)
        return sigmoids

    def logits_of(self, logits_BO: Tensor, classes_B: Tensor) -> Tensor:
        """How much the model says for a class of each sample (B); one logit for two classes is that of the last."""
        if self.outputs == 1 and self.task is Task.BINARY:
            return torch.where(classes_B == self.classes - 1, logits_BO[:, 0], -logits_BO[:, 0])
        return logits_BO.gather(1, classes_B[:, None])[:, 0]


def classification_loss(
    name: LossName, task: Task, classes: int, *, focal_alpha: float = 0.25, focal_gamma: float = 2.0
) -> ClassificationLoss:
    """The loss by its setting; Automatic is BCE for two classes and for several labels, CrossEntropy for one of many.

    Raises:
        TrainingError: for CrossEntropy where a sample may have several labels.
    """
    if name == "Automatic":
        name = "CrossEntropy" if task is Task.MULTI_CLASS else "BCE"
    if name == "CrossEntropy" and task is Task.MULTI_LABEL:
        raise TrainingError(
            "CrossEntropy expects exactly one class per sample, and these label columns may hold several.",
            hint="Choose Automatic, BCE or Focal as loss function.",
            code="loss_function",
        )
    return ClassificationLoss(name, task, classes, focal_alpha, focal_gamma)


def loss_of(training: Any, space: LabelSpace) -> ClassificationLoss:
    """The loss of a training section for a label space.

    Raises:
        TrainingError: as `classification_loss`.
    """
    return classification_loss(
        training.loss_function,
        space.task,
        len(space.labels),
        focal_alpha=training.focal_alpha,
        focal_gamma=training.focal_gamma,
    )
