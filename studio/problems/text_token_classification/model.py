"""The network of token classification: a transformer, dropout, one linear layer on every token.

Shapes: B batch, L length, K tags.
"""

from typing import Any

from torch import Tensor, nn

from studio.modeling.recipe import Assets
from studio.modeling.text.encoder import TextEncoder
from studio.modeling.weights import WeightsFile


class TokenClassifier(nn.Module):
    """Token ids (B, L) to logits of each token (B, L, K)."""

    def __init__(self, architecture: Any, assets: Assets, tags: int, weights: WeightsFile | None) -> None:
        super().__init__()
        self.backbone = TextEncoder(architecture, assets, weights)
        self.dropout = nn.Dropout(architecture.dropout)
        self.head = nn.Linear(self.backbone.features, tags)

    def forward(self, ids_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """The logits."""
        logits: Tensor = self.head(self.dropout(self.backbone(ids_BL, mask_BL)))
        return logits
