"""Pixel normalization as the first layer of a model, so that training and scoring cannot differ in it.

Shapes: B batch, C channels, H height, W width.
"""

from typing import Literal

import torch
from torch import Tensor, nn

Normalization = Literal["Channel", "Image", "ImageNet", "Inception", "Min_Max", "No", "Simple"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
EPSILON = 1e-6


class PixelNormalization(nn.Module):
    """Bytes 0 to 255 as numbers a model likes.

    *Channel* and *Min_Max* look at the whole batch in training and keep the mean of what they saw; at inference they
    use what they kept, as batch normalization does, so that a prediction does not depend on its neighbours.
    """

    lowest: Tensor
    spread: Tensor
    batches: Tensor

    def __init__(self, kind: Normalization, channels: int) -> None:
        super().__init__()
        self.kind = kind
        self.memory_format = torch.contiguous_format
        low, spread = _constants(kind, channels)
        self.register_buffer("lowest", low.view(1, -1, 1, 1))
        self.register_buffer("spread", spread.view(1, -1, 1, 1))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Normalized 32-bit floats in `memory_format`."""
        return self._normalized(images_BCHW.float()).contiguous(memory_format=self.memory_format)

    def _normalized(self, pixels: Tensor) -> Tensor:
        match self.kind:
            case "No":
                return pixels
            case "Image":
                mean = pixels.mean((1, 2, 3), keepdim=True)
                return (pixels - mean) / (pixels.std((1, 2, 3), keepdim=True) + EPSILON)
            case "Channel" | "Min_Max":
                low, spread = self._of_batches(pixels)
                return (pixels - low) / (spread + EPSILON)
            case "ImageNet" | "Inception" | "Simple":
                return (pixels - self.lowest) / self.spread

    def _of_batches(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training and self.batches > 0:
            return self.lowest, self.spread
        if self.kind == "Channel":
            low, spread = pixels.mean((0, 2, 3), keepdim=True), pixels.std((0, 2, 3), keepdim=True)
        else:
            low = pixels.amin().expand_as(self.lowest)
            spread = (pixels.amax() - pixels.amin()).expand_as(self.spread)
        if self.training:
            self.batches += 1
            share = 1.0 / min(int(self.batches), 1000)
            self.lowest.lerp_(low.detach(), share)
            self.spread.lerp_(spread.detach(), share)
        return low, spread


def _constants(kind: Normalization, channels: int) -> tuple[Tensor, Tensor]:
    match kind:
        case "ImageNet":
            mean, deviation = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_DEVIATION)
            if channels != len(mean):
                mean, deviation = mean.mean().repeat(channels), deviation.mean().repeat(channels)
            return mean * 255, deviation * 255
        case "Inception":
            return torch.full((channels,), 127.5), torch.full((channels,), 127.5)
        case "Simple":
            return torch.zeros(channels), torch.full((channels,), 255.0)
        case _:
            return torch.zeros(channels), torch.ones(channels)
