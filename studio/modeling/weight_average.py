"""An exponential moving average of the weights while they are trained.

The average of the last updates often generalizes better than the last one alone, as a lower learning rate would do
(Morales-Brogioli et al. 2024, arXiv:2411.18704).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def averaged_model(model: nn.Module, decay: float) -> AveragedModel | None:
    """A copy of the model that follows it: each update keeps `decay` of the average and takes the rest anew.

    Running statistics of norms are averaged, too, since those of the last weights do not fit the average of many; a
    pass over the training rows for better ones would cost a good part of an epoch at each validation. Whole numbers
    are those of the last update. None for a decay of 0.
    """
    if not decay:
        return None
    copy = AveragedModel(model, multi_avg_fn=_averaging(decay), use_buffers=True)
    return copy.requires_grad_(False)


def decay_at(update: int, decay: float) -> float:
    """The decay of an update, counted from 0: less at first, so that the start is soon forgotten.

    The rule of TensorFlow's ExponentialMovingAverage.
    """
    return min(decay, (1 + update) / (10 + update))


def _averaging(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    @torch.no_grad()
    def average(averages: Sequence[Tensor], values: Sequence[Tensor], update: Tensor | int) -> None:
        """In place; all are of one type, on one device."""
        if averages[0].is_floating_point():
            torch._foreach_lerp_(list(averages), list(values), 1 - decay_at(int(update), decay))
        else:
            torch._foreach_copy_(list(averages), list(values))

    return average
