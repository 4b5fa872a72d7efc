"""SoftmaxBlock: the plain loss of metric learning.

Shapes: B batch, E embedding.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.modeling.linear_probe import fit_linear_probe


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

    def fit(self, embeddings_NE: Tensor, targets_N: Tensor, seed: int) -> str:
        """Make the layer a linear probe; says in words what was chosen."""

        def losses(outputs_NK: Tensor, targets_N: Tensor) -> Tensor:
            return functional.cross_entropy(outputs_NK, targets_N, reduction="none")

        probe = fit_linear_probe(embeddings_NE.float(), targets_N, losses, self.linear.out_features, seed=seed)
        probe.put_into(self.linear)
        return probe.describe()
