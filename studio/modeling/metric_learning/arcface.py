"""ArcFace: a softmax over angles, with a margin that a sample must be nearer to its own label.

Shapes: B batch, E embedding, K labels.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-7
"""Least squared sine: the slope of the sine is infinite at an angle of 0."""


class ArcFace(nn.Module):
    """One direction a label. Deng et al. 2019, arXiv:1801.07698, equation 3."""

    def __init__(self, embedding_size: int, labels: int, margin: float, scale: float) -> None:
        """`margin` in radians."""
        super().__init__()
        self.weight = nn.Parameter(torch.empty(labels, embedding_size))
        nn.init.xavier_normal_(self.weight)
        self.margin, self.scale = margin, scale

    def cosines(self, embeddings_BE: Tensor) -> Tensor:
        """The cosine of each sample to each label (B, K)."""
        # In 32 bits even under autocast: the scale makes a rounded cosine a large error.
        with torch.autocast(embeddings_BE.device.type, enabled=False):
            return functional.linear(
                functional.normalize(embeddings_BE.float()), functional.normalize(self.weight.float())
            )

    def forward(self, embeddings_BE: Tensor, targets_B: Tensor) -> Tensor:
        """Logits (B, K), those of the true labels lowered by the margin. Targets of -1 have no margin."""
        cosines = self.cosines(embeddings_BE)
        with_margin = self._with_margin(cosines)
        is_target = functional.one_hot(targets_B.clamp(min=0), cosines.shape[1]).bool() & (targets_B >= 0)[:, None]
        return self.scale * torch.where(is_target, with_margin, cosines)

    def per_sample(self, embeddings_BE: Tensor, targets_B: Tensor) -> Tensor:
        """One loss a sample (B); NaN for targets of -1."""
        logits = self(embeddings_BE, targets_B)
        losses = functional.cross_entropy(logits, targets_B.clamp(min=0), reduction="none")
        return torch.where(targets_B >= 0, losses, torch.nan)

    def fit(self, embeddings_NE: Tensor, targets_N: Tensor, seed: int) -> str:
        """Put each direction into the middle of its label's samples; says so in words."""
        directions_NE = functional.normalize(embeddings_NE.float())
        sums_KE = torch.zeros_like(self.weight, dtype=torch.float32).index_add_(0, targets_N, directions_NE)
        is_there = torch.bincount(targets_N, minlength=len(sums_KE)) > 0
        with torch.no_grad():
            self.weight[is_there] = functional.normalize(sums_KE[is_there]).to(self.weight.dtype)
        return f"Label centres from the frozen features of {len(targets_N)} rows."

    def _with_margin(self, cosines: Tensor) -> Tensor:
        """The cosine of angle + margin; past a straight angle, a line that goes on falling."""
        sines = torch.sqrt((1 - cosines.square()).clamp(min=EPSILON))
        shifted = cosines * math.cos(self.margin) - sines * math.sin(self.margin)
        is_before_end = cosines >= math.cos(math.pi - self.margin)
        return torch.where(is_before_end, shifted, cosines - self.margin * math.sin(self.margin))
