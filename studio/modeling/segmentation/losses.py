"""Losses of masks, on any number of axes: of pixels (BCE, Focal, CrossEntropy) and of overlap (Dice, Jaccard, Lovasz).

Those of overlap look at the pixels of a class in the whole batch together, and leave out classes that it does not have.
The same numbers as segmentation-models-pytorch. Lovasz: Berman et al. 2018, arXiv:1705.08790.

Shapes: B batch, K classes, O outputs (K, or 1 + K with a background), N pixels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST = 1e-7
Part = Callable[[Tensor, Tensor], Tensor]
"""Logits and targets (B, K, N) to one number."""


@dataclass(frozen=True)
class SegmentationLoss:
    """A sum of parts with their shares, which add up to 1."""

    parts: tuple[tuple[float, Part], ...]
    has_background: bool = False
    """Whether classes exclude each other, and the first output is for none of them."""

    def outputs(self, classes: int) -> int:
        """Outputs a pixel."""
        return classes + int(self.has_background)

    def __call__(self, logits_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """The loss of a batch; targets may lie between 0 and 1, as those of mixed images do."""
        logits, targets = logits_BO.flatten(2).float(), targets_BK.flatten(2).float()
        return torch.stack([share * part(logits, targets) for share, part in self.parts]).sum()

    def per_sample(self, logits_BO: Tensor, targets_BK: Tensor) -> Tensor:
        """The loss (B) of each sample alone."""
        return torch.stack([self(logits_BO[i : i + 1], targets_BK[i : i + 1]) for i in range(len(logits_BO))])

    def probabilities(self, logits_BO: Tensor) -> Tensor:
        """Of each class, (B, K, ...)."""
        if self.has_background:
            return torch.softmax(logits_BO.float(), dim=1)[:, 1:]
        return torch.sigmoid(logits_BO.float())


def loss_of(training: Any) -> SegmentationLoss:
    """The loss that the settings of training name, with its weights."""
    name = str(training.loss_function)
    if name == "CrossEntropy":
        return SegmentationLoss(((1.0, cross_entropy),), has_background=True)
    focal = focal_part(float(training.focal_alpha), float(training.focal_gamma))
    parts: Mapping[str, tuple[Part, float]] = {
        "BCE": (bce, training.bce_weight),
        "Dice": (dice, training.dice_weight),
        "Focal": (focal, training.focal_weight),
        "Lovasz": (lovasz, training.lovasz_weight),
        "Jaccard": (jaccard, 1.0),
    }
    chosen = [parts[part] for part in COMBINED.get(name, ())] or [(parts[name][0], 1.0)]
    total = sum(weight for _, weight in chosen)
    return SegmentationLoss(tuple((weight / total, part) for part, weight in chosen))


COMBINED: Mapping[str, tuple[str, str]] = {
    "BCEDice": ("BCE", "Dice"),
    "BCELovasz": ("BCE", "Lovasz"),
    "FocalDice": ("Focal", "Dice"),
}


def bce(logits_BKN: Tensor, targets_BKN: Tensor) -> Tensor:
    """Binary cross-entropy, the mean over pixels and classes."""
    return functional.binary_cross_entropy_with_logits(logits_BKN, targets_BKN)


def focal_part(alpha: float, gamma: float) -> Part:
    """The sigmoid focal loss of Lin et al. 2017, arXiv:1708.02002, the mean over pixels and classes."""

    def focal(logits_BKN: Tensor, targets_BKN: Tensor) -> Tensor:
        elements = functional.binary_cross_entropy_with_logits(logits_BKN, targets_BKN, reduction="none")
        right = targets_BKN * torch.sigmoid(logits_BKN) + (1 - targets_BKN) * torch.sigmoid(-logits_BKN)
        balance = targets_BKN * alpha + (1 - targets_BKN) * (1 - alpha)
        return (balance * (1 - right).pow(gamma) * elements).mean()

    return focal


def dice(logits_BKN: Tensor, targets_BKN: Tensor) -> Tensor:
    """1 minus the soft Dice coefficient, the mean over classes."""
    common, both = _sums(logits_BKN, targets_BKN)
    return _of_present(1 - 2 * common / both.clamp_min(SMALLEST), targets_BKN)


def jaccard(logits_BKN: Tensor, targets_BKN: Tensor) -> Tensor:
    """1 minus the soft intersection over union, the mean over classes."""
    common, both = _sums(logits_BKN, targets_BKN)
    return _of_present(1 - common / (both - common).clamp_min(SMALLEST), targets_BKN)


def lovasz(logits_BKN: Tensor, targets_BKN: Tensor) -> Tensor:
    """The Lovasz extension of the hinge, the mean over classes."""
    truth_KN = (targets_BKN > 0.5).float().transpose(0, 1).flatten(1)
    logits_KN = logits_BKN.transpose(0, 1).flatten(1)
    errors, order = (1 - logits_KN * (2 * truth_KN - 1)).sort(dim=1, descending=True)
    sorted_truth = truth_KN.gather(1, order)
    positives = sorted_truth.sum(1, keepdim=True)
    union = positives + (1 - sorted_truth).cumsum(1)
    index = 1 - (positives - sorted_truth.cumsum(1)) / union
    steps = torch.cat([index[:, :1], index[:, 1:] - index[:, :-1]], dim=1)
    return (functional.relu(errors) * steps).sum(1).mean()


def cross_entropy(logits_BON: Tensor, targets_BKN: Tensor) -> Tensor:
    """Of one class a pixel or the background, the mean over pixels; a pixel of several classes is shared by them."""
    background = 1 - targets_BKN.amax(1, keepdim=True)
    shares = torch.cat([background, targets_BKN], dim=1)
    shares = shares / shares.sum(1, keepdim=True)
    return -(shares * functional.log_softmax(logits_BON, dim=1)).sum(1).mean()


def _sums(logits_BKN: Tensor, targets_BKN: Tensor) -> tuple[Tensor, Tensor]:
    """What prediction and truth have in common, and the sum of both, a class (K)."""
    probabilities = torch.sigmoid(logits_BKN)
    return (probabilities * targets_BKN).sum((0, 2)), (probabilities + targets_BKN).sum((0, 2))


def _of_present(losses_K: Tensor, targets_BKN: Tensor) -> Tensor:
    """The mean over classes, in which those without a true pixel count as 0."""
    return (losses_K * (targets_BKN.sum((0, 2)) > 0)).mean()
