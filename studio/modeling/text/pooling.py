"""Pooling of token vectors into one vector a text.

Shapes: B batch, L length, F features.
"""

from typing import Literal

import torch
from torch import Tensor, nn

TextPool = Literal["[CLS] token", "Average", "Max", "GeM"]
SMALLEST = 1e-6


class TextPooling(nn.Module):
    """Vectors of tokens (B, L, F) to one a text (B, F); padding does not count."""

    def __init__(self, kind: TextPool) -> None:
        super().__init__()
        self.kind = kind
        self.power = nn.Parameter(torch.full((1,), 3.0)) if kind == "GeM" else None

    def forward(self, tokens_BLF: Tensor, mask_BL: Tensor) -> Tensor:
        """The pooled vectors."""
        tokens_BLF = tokens_BLF.float()
        if self.kind == "[CLS] token":
            return tokens_BLF[:, 0]
        weights = mask_BL.unsqueeze(-1).to(tokens_BLF.dtype)
        if self.kind == "Max":
            return tokens_BLF.masked_fill(weights == 0, torch.finfo(tokens_BLF.dtype).min).amax(1)
        count = weights.sum(1).clamp(min=1)
        if self.power is not None:
            # Radenovic et al. 2018, arXiv:1711.02512, equation 3; defined for positive features only.
            raised = tokens_BLF.clamp(min=SMALLEST).pow(self.power)
            return ((raised * weights).sum(1) / count).clamp(min=SMALLEST).pow(1 / self.power)
        return (tokens_BLF * weights).sum(1) / count
