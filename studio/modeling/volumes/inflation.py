"""Inflation: a 2D network of timm as one of three dimensions, with its pretrained weights.

Kernels of more than one pixel get a depth of three, strides and pooling go along depth as in the plane. A pretrained
kernel becomes the middle of its 3D kernel, with zeros around it: a volume of equal slices then gives exactly the
features of its slice, whatever its depth, so that statistics of batch normalizations stay right. (Carreira and
Zisserman 2017, arXiv:1705.07750, repeat a kernel along depth and divide it; with 16 slices most of what a deep kernel
then sees is padding, and every layer darkens its borders.) Without pretrained weights the whole kernel is drawn anew.

Shapes: B batch, C channels, D depth, H height, W width.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from timm.layers import BatchNormAct2d, Conv2dSame
from timm.layers.padding import get_same_padding
from torch import Tensor, nn
from torch.nn import functional

from studio.errors import TrainingError

KERNEL_DEPTH = 3


class Conv3dSame(nn.Conv3d):
    """Pads as TensorFlow does, more behind than before."""

    def forward(self, input: Tensor) -> Tensor:
        """(B, C, D, H, W) with every side divided by the stride, rounded up."""
        sides = zip(input.shape[2:], self.kernel_size, self.stride, self.dilation, strict=True)
        missing = [get_same_padding(*side) for side in sides]
        # From the last axis to the first, as `pad` wants it.
        around = [share for one in reversed(missing) for share in (one // 2, one - one // 2)]
        return functional.conv3d(
            functional.pad(input, around), self.weight, self.bias, self.stride, 0, self.dilation, self.groups
        )


class AveragePool3d(nn.Module):
    """Average pooling without padding that goes on where a volume has become thinner than its kernel."""

    def __init__(self, kernel: tuple[int, int, int], stride: tuple[int, int, int], *, ceil_mode: bool) -> None:
        super().__init__()
        self.kernel, self.stride, self.ceil_mode = kernel, stride, ceil_mode

    def forward(self, features_BCDHW: Tensor) -> Tensor:
        """(B, C, D, H, W) with every side divided by the stride."""
        sides = features_BCDHW.shape[2:]
        kernel = [min(pair) for pair in zip(self.kernel, sides, strict=True)]
        return functional.avg_pool3d(
            features_BCDHW, kernel, self.stride, ceil_mode=self.ceil_mode, count_include_pad=False
        )


class BatchNormAct3d(nn.BatchNorm3d):
    """Batch normalization with the activation behind it, as timm has it for images."""

    def __init__(self, features: int, drop: nn.Module, act: nn.Module, **options: Any) -> None:
        super().__init__(features, **options)
        self.drop, self.act = drop, act

    def forward(self, input: Tensor) -> Tensor:
        """(B, C, D, H, W) in the same shape."""
        activated: Tensor = self.act(self.drop(super().forward(input)))
        return activated


class SqueezeExcite3d(nn.Module):
    """Channels weighted by what they are on average (Hu et al. 2017, arXiv:1709.01507), from a 2D module's parts."""

    def __init__(self, reduce: nn.Module, act: nn.Module, expand: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.reduce, self.act, self.expand, self.gate = reduce, act, expand, gate

    def forward(self, features_BCDHW: Tensor) -> Tensor:
        """The features, weighted."""
        squeezed = features_BCDHW.mean((2, 3, 4), keepdim=True)
        weights: Tensor = self.gate(self.expand(self.act(self.reduce(squeezed))))
        return features_BCDHW * weights


def inflate(module: nn.Module, *, keep_weights: bool) -> nn.Module:
    """The module with every 2D layer in it replaced; `keep_weights` where they are pretrained.

    Raises:
        TrainingError: if it has a layer without a 3D counterpart.
    """
    for name, child in list(module.named_children()):
        setattr(module, name, inflate(child, keep_weights=keep_weights))
    for kind, inflated in _INFLATED:
        if isinstance(module, kind):
            made: nn.Module = inflated(module, keep_weights)
            return made.train(module.training)
    if (parts := _squeeze_parts(module)) is not None:
        return SqueezeExcite3d(*parts)
    if type(module).__name__.endswith(("2d", "2dSame")) and not list(module.children()):
        raise not_inflatable(type(module).__name__)
    return module


def not_inflatable(reason: str) -> TrainingError:
    """The error for a network that has no 3D form."""
    return TrainingError(
        f"The encoder cannot be made three-dimensional: {reason}.",
        hint="Choose a resnet or efficientnet of the list.",
        code="encoder",
    )


def _triple(pair: Any, depth: int | None = None) -> tuple[int, int, int]:
    """A value an axis, along depth as along height where nothing else is said."""
    high, wide = pair if isinstance(pair, tuple) else (pair, pair)
    return (high if depth is None else depth), high, wide


def _conv(layer: nn.Conv2d, keep_weights: bool) -> nn.Conv3d:
    deep = KERNEL_DEPTH if max(layer.kernel_size) > 1 else 1
    is_same = isinstance(layer, Conv2dSame)
    padding = 0 if is_same else _triple(layer.padding, deep // 2 * layer.dilation[0])
    made = (Conv3dSame if is_same else nn.Conv3d)(
        layer.in_channels,
        layer.out_channels,
        _triple(layer.kernel_size, deep),
        _triple(layer.stride),
        padding,
        _triple(layer.dilation),
        layer.groups,
        bias=layer.bias is not None,
    )
    with torch.no_grad():
        if keep_weights:
            made.weight.zero_()
            made.weight[:, :, deep // 2] = layer.weight
        else:
            fan_out = math.prod(made.kernel_size) * made.out_channels // made.groups
            made.weight.normal_(0, math.sqrt(2 / fan_out))
        if layer.bias is not None and made.bias is not None:
            made.bias.copy_(layer.bias)
    return made


def _options(layer: nn.BatchNorm2d) -> dict[str, Any]:
    return {
        "eps": layer.eps,
        "momentum": layer.momentum,
        "affine": layer.affine,
        "track_running_stats": layer.track_running_stats,
    }


def _batch_norm(layer: nn.BatchNorm2d, keep_weights: bool) -> nn.BatchNorm3d:
    made = nn.BatchNorm3d(layer.num_features, **_options(layer))
    made.load_state_dict(layer.state_dict())
    return made


def _batch_norm_act(layer: Any, keep_weights: bool) -> BatchNormAct3d:
    made = BatchNormAct3d(layer.num_features, layer.drop, layer.act, **_options(layer))
    made.load_state_dict(layer.state_dict(), strict=False)
    return made


def _max_pool(layer: nn.MaxPool2d, keep_weights: bool) -> nn.MaxPool3d:
    return nn.MaxPool3d(
        _triple(layer.kernel_size),
        _triple(layer.stride),
        _triple(layer.padding),
        _triple(layer.dilation),
        ceil_mode=layer.ceil_mode,
    )


def _average_pool(layer: nn.AvgPool2d, keep_weights: bool) -> AveragePool3d:
    if _triple(layer.padding) != (0, 0, 0):
        raise not_inflatable("it pools over padding")
    return AveragePool3d(_triple(layer.kernel_size), _triple(layer.stride), ceil_mode=layer.ceil_mode)


_INFLATED: tuple[tuple[type[nn.Module], Callable[[Any, bool], nn.Module]], ...] = (
    (nn.Conv2d, _conv),
    (BatchNormAct2d, _batch_norm_act),
    (nn.BatchNorm2d, _batch_norm),
    (nn.MaxPool2d, _max_pool),
    (nn.AvgPool2d, _average_pool),
)


def _squeeze_parts(module: nn.Module) -> tuple[nn.Module, nn.Module, nn.Module, nn.Module] | None:
    """Reduction, activation, expansion and gate of a squeeze-and-excitation of timm, as its two kinds name them."""
    for reduce, act, expand in (("conv_reduce", "act1", "conv_expand"), ("fc1", "act", "fc2")):
        if all(hasattr(module, name) for name in (reduce, act, expand, "gate")):
            return (
                module.get_submodule(reduce),
                module.get_submodule(act),
                module.get_submodule(expand),
                module.get_submodule("gate"),
            )
    return None
