"""Feature pyramids over timm backbones: maps of one width at several scales, for detectors of torchvision.

Lin et al. 2017, arXiv:1612.03144.

Shapes: B batch, C channels, H height, W width.
"""

import math
from collections import OrderedDict
from typing import Any

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops.feature_pyramid_network import ExtraFPNBlock, FeaturePyramidNetwork

from studio.errors import TrainingError, WeightsError, in_quotes
from studio.modeling.images.backbones import weight_arguments
from studio.modeling.weights import WeightsFile, require_architecture

COARSEST = 32
"""The stride of the last map that a backbone gives; images are padded to a multiple of it."""
WIDE, NARROW = 256, 128
WIDE_BODY_CHANNELS = 512
"""Up to here a pyramid is narrow: one that is wider than the maps it is made of costs most of the time."""


class TimmPyramid(nn.Module):
    """A timm backbone (`body`) under a feature pyramid (`fpn`), as torchvision's detectors take their backbone."""

    def __init__(
        self,
        name: str,
        channels: int,
        image_size: tuple[int, int],
        weights: WeightsFile | None,
        *,
        finest: int,
    ) -> None:
        """`finest` is the smallest stride of the levels.

        Raises:
            TrainingError: if the backbone has no maps of several scales, or cannot be built for these images.
            WeightsError: if the weights do not fit.
        """
        super().__init__()
        self.body = _body(name, channels, padded_size(image_size), weights)
        info: Any = self.body.feature_info
        chosen = _levels(info.reduction(), finest)
        if len(chosen) < 2:
            raise TrainingError(
                f"The backbone {in_quotes(name)} gives no feature maps of several scales "
                f"(strides {', '.join(map(str, info.reduction()))}), and a pyramid needs them.",
                hint="Choose a convolutional backbone, such as resnet50, or a hierarchical one, such as Swin.",
                code="model",
            )
        widths = [info.channels()[index] for index in chosen]
        self.strides = tuple(int(info.reduction()[index]) for index in chosen)
        self.out_channels = WIDE if widths[-1] > WIDE_BODY_CHANNELS else NARROW
        self.fpn = FeaturePyramidNetwork(widths, self.out_channels)
        self._chosen = chosen
        self._is_channels_last = str(getattr(self.body, "output_fmt", "NCHW")).endswith("NHWC")

    def extend(self, block: ExtraFPNBlock, levels: int) -> None:
        """Add coarser levels, each half as fine as the one before, made by a block of torchvision."""
        self.fpn.extra_blocks = block
        self.strides = (*self.strides, *(self.strides[-1] * 2 ** (one + 1) for one in range(levels)))

    def forward(self, images_BCHW: Tensor) -> "OrderedDict[str, Tensor]":
        """A map (B, out_channels, h, w) a level, the finest first."""
        maps = self.body(padded(images_BCHW))
        if self._is_channels_last:
            maps = [one.permute(0, 3, 1, 2) for one in maps]
        levels: OrderedDict[str, Tensor] = self.fpn(
            OrderedDict((str(level), maps[index]) for level, index in enumerate(self._chosen))
        )
        return levels


class PyramidAnchors(AnchorGenerator):  # type: ignore[misc]
    """Anchors on a grid of the true strides, in 32-bit floats whatever the maps are in.

    torchvision divides the sizes of image and map instead, which is wrong where a map was rounded up (a coarsest map
    of 3 for an image of 160 would have a stride of 53, not 64), and in bf16 rounds corners above 256 to 2 pixels.
    """

    def __init__(self, sizes: tuple[tuple[int, ...], ...], ratios: tuple[float, ...], strides: tuple[int, ...]) -> None:
        super().__init__(sizes, (ratios,) * len(sizes))
        self.strides = strides

    def of_maps(self, maps: list[Tensor]) -> list[Tensor]:
        """The anchors (A, 4) of every level."""
        device = maps[0].device
        self.set_cell_anchors(torch.float32, device)
        steps = [[torch.tensor(stride, device=device)] * 2 for stride in self.strides]
        anchors: list[Tensor] = self.grid_anchors([list(one.shape[-2:]) for one in maps], steps)
        return anchors


def padded_size(image_size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) rounded up to what the coarsest map of a backbone divides."""
    height, width = image_size
    return math.ceil(height / COARSEST) * COARSEST, math.ceil(width / COARSEST) * COARSEST


def padded(images_BCHW: Tensor) -> Tensor:
    """Zeros at the right and at the bottom, so that strides are exact; boxes stay where they are."""
    height, width = images_BCHW.shape[-2:]
    to_height, to_width = padded_size((height, width))
    if (height, width) == (to_height, to_width):
        return images_BCHW
    return functional.pad(images_BCHW, (0, to_width - width, 0, to_height - height))


def _body(name: str, channels: int, image_size: tuple[int, int], weights: WeightsFile | None) -> nn.Module:
    require_architecture(name)
    arguments = weight_arguments(weights)
    config = timm.get_pretrained_cfg(name)
    if config is not None and config.fixed_input_size:
        arguments["img_size"] = image_size
    try:
        body: nn.Module = timm.create_model(name, features_only=True, in_chans=channels, **arguments)
    except (RuntimeError, ValueError, AssertionError, TypeError, AttributeError, IndexError, KeyError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        if weights is not None and isinstance(error, RuntimeError):
            raise WeightsError(
                f"The weights of {in_quotes(weights.name)} do not fit {in_quotes(name)}: {first}",
                hint="Switch Pretrained off, or choose another backbone.",
            ) from error
        raise TrainingError(
            f"timm cannot give feature maps of {in_quotes(name)} for {image_size[1]} x {image_size[0]} pixels and "
            f"{channels} channels: {first}",
            hint="Choose another backbone, such as resnet50, or another image size.",
            code="model",
        ) from error
    return body


def _levels(strides: list[int], finest: int) -> list[int]:
    """Indexes of the maps whose strides are powers of 2 from `finest` on; of equal strides the deepest."""
    wanted = {stride: index for index, stride in enumerate(strides) if finest <= stride <= COARSEST}
    return [wanted[stride] for stride in sorted(wanted) if stride & (stride - 1) == 0]
