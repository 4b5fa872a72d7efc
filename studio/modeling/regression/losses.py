"""Losses of regression that leave out missing labels.

Shapes: B batch, K labels.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

LossName = Literal["MAE", "MSE", "RMSE"]
EPSILON = 1e-12
"""Below the root of RMSE, whose slope at 0 is infinite."""


@dataclass(frozen=True)
class RegressionLoss:
    """The mean absolute error, the mean squared error, or its square root."""

    name: LossName

    def per_sample(self, outputs_BK: Tensor, targets_BK: Tensor) -> Tensor:
        """One loss a sample (B), the mean over its known labels; NaN where none is known. RMSE is its root."""
        means = self._means(outputs_BK, targets_BK)
        return torch.sqrt(means + EPSILON) if self.name == "RMSE" else means

    def of_batch(self, outputs_BK: Tensor, targets_BK: Tensor) -> Tensor:
        """The mean over the samples that have a known label; RMSE is the root of it, and 0 where there is none."""
        means = self._means(outputs_BK, targets_BK)
        has_truth = ~torch.isnan(means)
        mean = torch.where(has_truth, means, 0.0).sum() / has_truth.sum().clamp(min=1)
        return torch.sqrt(mean + EPSILON) if self.name == "RMSE" else mean

    def _means(self, outputs_BK: Tensor, targets_BK: Tensor) -> Tensor:
        """Mean errors of the samples before any root."""
        known = ~torch.isnan(targets_BK)
        # NaN times 0 is NaN, in gradients too, so missing targets are replaced before they are masked.
        differences = outputs_BK.float() - torch.where(known, targets_BK, 0.0)
        errors = differences.abs() if self.name == "MAE" else differences.square()
        counts = known.sum(1)
        means = torch.where(known, errors, 0.0).sum(1) / counts.clamp(min=1)
        return torch.where(counts > 0, means, torch.nan)
