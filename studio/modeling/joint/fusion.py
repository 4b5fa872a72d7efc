"""Fusion: the vectors of several encoders become one.

Shapes: B batch, F features of one part, H features of all.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

FusionKind = Literal["Concatenation", "Gated"]


class Concatenation(nn.Module):
    """One behind the other. Each is normalized first: backbones give vectors of very different lengths."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in sizes)
        self.features = sum(sizes)

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """The joined vectors (B, H)."""
        return torch.cat([norm(vector_BF) for norm, vector_BF in zip(self.norms, vectors, strict=True)], 1)


class GatedFusion(nn.Module):
    """A weighted mean of what each part says, weighted anew for every sample and feature.

    Arevalo et al. 2017, arXiv:1702.01992: the gated multimodal unit, equations 1 to 4 for two parts, and its form with
    a softmax over the parts for more. For two, a softmax of two numbers is the sigmoid of their difference.
    """

    def __init__(self, sizes: Sequence[int], features: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in sizes)
        self.values = nn.ModuleList(nn.Linear(size, features) for size in sizes)
        self.gate = nn.Linear(sum(sizes), features * len(sizes))
        self.features = features

    def forward(self, vectors: Sequence[Tensor]) -> Tensor:
        """The joined vectors (B, H)."""
        normal = [norm(vector_BF) for norm, vector_BF in zip(self.norms, vectors, strict=True)]
        values_BPH = torch.stack([torch.tanh(one(part)) for one, part in zip(self.values, normal, strict=True)], 1)
        weights_BPH = self.gate(torch.cat(normal, 1)).unflatten(1, (len(normal), self.features)).softmax(1)
        joined_BH: Tensor = (weights_BPH * values_BPH).sum(1)
        return joined_BH


def fusion_of(kind: FusionKind, sizes: Sequence[int], features: int) -> Concatenation | GatedFusion:
    """The fusion of parts that give vectors of these sizes; `features` is the size of a gated one."""
    return Concatenation(sizes) if kind == "Concatenation" else GatedFusion(sizes, features)
