"""The network of text metric learning: a pooled transformer, a neck that gives the embedding, and the loss block.

Shapes: B batch, L length, E embedding, K labels.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.modeling.metric_learning.arcface import ArcFace
from studio.modeling.recipe import Assets
from studio.modeling.text.encoder import PooledTextEncoder
from studio.modeling.weights import WeightsFile


class SoftmaxBlock(nn.Module):
    """A linear layer that tells the training labels apart."""

    def __init__(self, embedding_size: int, labels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(embedding_size, labels)

    def per_sample(self, embeddings_BE: Tensor, targets_B: Tensor) -> Tensor:
        """One loss a sample (B); NaN for targets of -1."""
        logits = self.linear(embeddings_BE).float()
        losses = functional.cross_entropy(logits, targets_B.clamp(min=0), reduction="none")
        return torch.where(targets_B >= 0, losses, torch.nan)


class TextEmbedder(nn.Module):
    """Tokens to embeddings (B, E), and embeddings to losses."""

    def __init__(self, settings: Any, assets: Assets, labels: int, weights: WeightsFile | None) -> None:
        super().__init__()
        architecture, training = settings.architecture, settings.training
        self.backbone = PooledTextEncoder(architecture, assets, weights)
        self.dropout = nn.Dropout(architecture.dropout)
        self.neck = nn.Linear(self.backbone.features, architecture.embedding_size)
        # Keeps the angles that the backbone has learned: training starts from them, not from noise.
        nn.init.orthogonal_(self.neck.weight)
        nn.init.zeros_(self.neck.bias)
        self.block: ArcFace | SoftmaxBlock
        if training.loss_function == "ArcFace":
            self.block = ArcFace(architecture.embedding_size, labels, training.arcface_margin, training.arcface_scale)
        else:
            self.block = SoftmaxBlock(architecture.embedding_size, labels)

    def forward(self, ids_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """The embeddings."""
        embeddings: Tensor = self.neck(self.dropout(self.backbone(ids_BL, mask_BL)))
        return embeddings.float()
