"""Which anchors and proposals a loss looks at: drawn at random in training, evenly spread in evaluation."""

import torch
from torch import Tensor, nn


class BalancedSampler(nn.Module):
    """At most `count` places an image, of which at most a share stands for objects.

    A module, so that `train()` and `eval()` reach it: in evaluation nothing is drawn, so that the loss of an image is
    the same each time and other random numbers of the run stay as they are.
    """

    def __init__(self, count: int, positive_share: float) -> None:
        super().__init__()
        self.count = count
        self.positive_share = positive_share

    def forward(self, labels: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Masks of the chosen positive and negative places of every image; labels below 0 are left out."""
        positives, negatives = [], []
        for one in labels:
            positive = self._some(torch.where(one >= 1)[0], int(self.count * self.positive_share))
            negative = self._some(torch.where(one == 0)[0], self.count - len(positive))
            positives.append(_mask(positive, one))
            negatives.append(_mask(negative, one))
        return positives, negatives

    def _some(self, places: Tensor, most: int) -> Tensor:
        if self.training:
            # Drawn also where all are taken, as torchvision does: its losses can be repeated number by number.
            return places[torch.randperm(len(places), device=places.device)[:most]]
        if len(places) <= most:
            return places
        return places[torch.linspace(0, len(places) - 1, most, device=places.device).round().long()]


def _mask(chosen: Tensor, labels: Tensor) -> Tensor:
    mask = torch.zeros_like(labels, dtype=torch.uint8)
    mask[chosen] = 1
    return mask
