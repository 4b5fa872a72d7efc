"""Pooling: many positions to one value a channel.

Shapes: B batch, C channels, N positions.
"""

from typing import Literal

from torch import Tensor

Pool = Literal["Average", "Max", "GeM", "Average+Max"]
GEM_EPSILON = 1e-6


def pooled(features_BCN: Tensor, pool: Pool, power: Tensor | None = None) -> Tensor:
    """One value a channel (B, C). `power` is the exponent of GeM; 1 is the average, infinity the maximum.

    GeM: Radenovic et al. 2018, arXiv:1711.02512. Average+Max is the mean of both, so that the width stays.
    """
    match pool:
        case "Average":
            return features_BCN.mean(2)
        case "Max":
            return features_BCN.amax(2)
        case "Average+Max":
            return 0.5 * (features_BCN.mean(2) + features_BCN.amax(2))
        case "GeM":
            assert power is not None
            return features_BCN.clamp(min=GEM_EPSILON).pow(power).mean(2).pow(1.0 / power)
