"""Where wrong pixels lie: at the boundary of the truth, deep inside of it, or away from it.

The band at the boundary is as wide as that of Boundary IoU (Cheng et al. 2021, arXiv:2103.16562): pixels within 2 % of
the diagonal of a pixel on the other side. Voxels of volumes are counted alike.

Shapes: K classes, S sides: (H, W) of images, (D, H, W) of volumes.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

BAND_SHARE = 0.02
AT_BOUNDARY, INSIDE, AWAY = range(3)


def error_places(chosen_KS: Tensor, true_KS: Tensor) -> Tensor:
    """Wrong pixels (K, 3) of each class: at the boundary; missed inside; predicted away from the class."""
    reach = max(1, round(BAND_SHARE * math.hypot(*true_KS.shape[1:])))
    found = []
    for chosen, true in zip(chosen_KS, true_KS, strict=True):
        wrong = chosen ^ true
        band = _grown(true, reach) & _grown(~true, reach)
        found.append(torch.stack([(wrong & band).sum(), (wrong & ~band & true).sum(), (wrong & ~band & ~true).sum()]))
    return torch.stack(found)


def _grown(mask_S: Tensor, reach: int) -> Tensor:
    """Pixels within so many steps along every axis of a pixel of the mask."""
    values = mask_S.float()
    for _ in range(mask_S.dim()):
        # The last axis, then the one before it: after all of them the axes lie as they did.
        lines = values.flatten(0, -2)[None]
        pooled = functional.max_pool1d(lines, 2 * reach + 1, stride=1, padding=reach)
        values = pooled.reshape(values.shape).movedim(-1, 0)
    return values > 0
