"""Normalization of volumes as the first layer of a model, so that training and scoring cannot differ in it.

*Min_Max* takes the range of each volume, not of the batch as for images: intensities of scanners have no common scale,
and a prediction must not depend on its neighbours.

Shapes: B batch, C channels, D depth, H height, W width.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

VolumeNormalizationKind = Literal["No", "Simple", "Min_Max"]
BYTE_RANGE = 255.0
EPSILON = 1e-6


class VolumeNormalization(nn.Module):
    """Values of files as numbers a model likes."""

    def __init__(self, kind: VolumeNormalizationKind, clip: tuple[float, float] | None = None) -> None:
        super().__init__()
        self.kind, self.clip = kind, clip

    def forward(self, volumes_BCDHW: Tensor, ranges_B2: Tensor | None = None) -> Tensor:
        """Normalized 32-bit floats; `ranges_B2` are the lowest and highest values where a volume is only a part."""
        values = self._clipped(volumes_BCDHW.float())
        match self.kind:
            case "No":
                return values
            case "Simple":
                return values / BYTE_RANGE
            case "Min_Max":
                if ranges_B2 is None:
                    ranges_B2 = torch.stack([values.amin((1, 2, 3, 4)), values.amax((1, 2, 3, 4))], dim=1)
                low, high = self._clipped(ranges_B2.float()).reshape(-1, 2, 1, 1, 1, 1).unbind(1)
                return (values - low) / (high - low + EPSILON)

    def _clipped(self, values: Tensor) -> Tensor:
        return values if self.clip is None else values.clamp(*self.clip)


def normalization_of(image: Any) -> VolumeNormalization:
    """The one that the settings of the input ask for."""
    clip = (float(image.clip_lowest), float(image.clip_highest)) if image.clip_intensities else None
    return VolumeNormalization(image.image_normalization, clip)
