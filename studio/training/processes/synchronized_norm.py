"""Batch normalization over all devices of a run, on GPUs and processors alike.

torch's own SyncBatchNorm knows GPUs only, and replaces modules, which parts of a model may hold by reference. Here a
module keeps its identity, its parameters and what follows inside it (timm's activation); only its forward pass asks
the other processes.

Shapes: B batch, C channels.
"""

from functools import partial
from typing import Any

import torch.distributed
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce

from studio.modeling.batch_normalization import batch_norms


def synchronize_norms(model: nn.Module) -> int:
    """From now on the model's batch normalizations in training gather their statistics over all processes.

    Gives their number. Evaluation, and norms that are kept in evaluation, are as before.
    """
    group = torch.distributed.new_group()
    count = 0
    for norm in batch_norms(model):
        norm.__dict__["forward"] = partial(_forward, norm, group)
        count += 1
    return count


def _forward(norm: Any, group: Any, values: Tensor) -> Tensor:
    if not norm.training:
        result: Tensor = type(norm).forward(norm, values)
        return result
    normed = _normalized(norm, group, values)
    # timm's norms go on with dropout and activation.
    activated: Tensor = normed if not hasattr(norm, "act") else norm.act(norm.drop(normed))
    return activated


def _normalized(norm: Any, group: Any, values: Tensor) -> Tensor:
    """In 32 bits; two passes, since the mean of squares less the squared mean loses digits."""
    wide = values.float()
    axes = [0, *range(2, values.dim())]
    shape = [1, -1, *[1] * (values.dim() - 2)]
    count = _total(wide.new_tensor([wide.numel() / wide.shape[1]]), group)
    mean_C = _total(wide.sum(axes), group) / count
    centered = wide - mean_C.view(shape)
    variance_C = _total(centered.square().sum(axes), group) / count
    if norm.track_running_stats:
        norm.num_batches_tracked += 1
        share = norm.momentum if norm.momentum is not None else 1.0 / float(norm.num_batches_tracked)
        norm.running_mean.lerp_(mean_C.detach(), share)
        norm.running_var.lerp_((variance_C * count / (count - 1)).detach(), share)
    normed = centered * (variance_C + norm.eps).rsqrt().view(shape)
    if norm.affine:
        normed = normed * norm.weight.view(shape) + norm.bias.view(shape)
    result: Tensor = normed.to(values.dtype)
    return result


def _total(values: Tensor, group: Any) -> Tensor:
    """The sum over all processes; gradients go back to all of them."""
    total: Tensor = all_reduce(values, group=group)  # type: ignore[no-untyped-call]
    return total
