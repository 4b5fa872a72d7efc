"""Decoders of volumes: feature maps of several scales become one map at the size of the volume.

All take maps from fine to coarse, each half as large as the one before; the first is the volume itself. Group
normalization in place of that of batches: volumes come few at a time.

Shapes: B batch, C channels, D depth, H height, W width.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

DecoderKind = Literal["Unet", "UnetPlusPlus", "FPN"]
WIDTHS = (16, 32, 64, 96, 128)
"""Channels of a decoder's maps, from the size of the volume on."""
PYRAMID_WIDTH = 64
GROUPS = 8


class Unet(nn.Module):
    """Joins each scale with the one below it (Ronneberger et al. 2015, arXiv:1505.04597)."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        below = [*WIDTHS[1 : len(channels) - 1], channels[-1]]
        joined = zip(below, channels, WIDTHS, strict=False)
        self.blocks = nn.ModuleList(_double_conv(deeper + beside, width) for deeper, beside, width in joined)
        self.width = WIDTHS[0]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """(B, width, D, H, W) at the size of the first map."""
        found = maps[-1]
        for block, beside in zip(reversed(self.blocks), reversed(maps[:-1]), strict=True):
            found = block(torch.cat([_enlarged(found, beside), beside], dim=1))
        return found


class UnetPlusPlus(nn.Module):
    """Joins each scale with the one below it over and over (Zhou et al. 2018, arXiv:1807.10165)."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.levels = len(channels)
        self.blocks = nn.ModuleDict()
        for step in range(1, self.levels):
            for level in range(self.levels - step):
                deeper = channels[level + 1] if step == 1 else WIDTHS[level + 1]
                beside = channels[level] + (step - 1) * WIDTHS[level]
                self.blocks[f"{level}-{step}"] = _double_conv(deeper + beside, WIDTHS[level])
        self.width = WIDTHS[0]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """(B, width, D, H, W) at the size of the first map."""
        found = [[one] for one in maps]
        for step in range(1, self.levels):
            for level in range(self.levels - step):
                deeper = _enlarged(found[level + 1][step - 1], maps[level])
                found[level].append(self.blocks[f"{level}-{step}"](torch.cat([deeper, *found[level]], dim=1)))
        return found[0][-1]


class FeaturePyramid(nn.Module):
    """Adds each scale to the one below it and joins all of them once (Kirillov et al. 2019, arXiv:1901.02446)."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv3d(one, PYRAMID_WIDTH, 1) for one in channels[1:])
        self.smooth = nn.ModuleList(_conv(PYRAMID_WIDTH, WIDTHS[1]) for _ in channels[1:])
        self.last = _conv(WIDTHS[1] + channels[0], WIDTHS[0])
        self.width = WIDTHS[0]

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """(B, width, D, H, W) at the size of the first map."""
        volume, *scales = maps
        top: Tensor | None = None
        total: Tensor | None = None
        for lateral, smooth, one in zip(reversed(self.laterals), reversed(self.smooth), reversed(scales), strict=True):
            top = lateral(one) if top is None else lateral(one) + _enlarged(top, one)
            total = _enlarged(smooth(top), scales[0]) + (0 if total is None else total)
        assert total is not None
        merged: Tensor = self.last(torch.cat([_enlarged(total, volume), volume], dim=1))
        return merged


Decoder = Unet | UnetPlusPlus | FeaturePyramid


def decoder_of(kind: DecoderKind, channels: Sequence[int]) -> Decoder:
    """A decoder for maps of so many channels each."""
    match kind:
        case "Unet":
            return Unet(channels)
        case "UnetPlusPlus":
            return UnetPlusPlus(channels)
        case "FPN":
            return FeaturePyramid(channels)


def _enlarged(values: Tensor, like: Tensor) -> Tensor:
    """At the size of another map."""
    if values.shape[2:] == like.shape[2:]:
        return values
    return functional.interpolate(values, size=like.shape[2:], mode="trilinear", align_corners=False)


def _conv(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(channels, width, 3, padding=1, bias=False), nn.GroupNorm(GROUPS, width), nn.ReLU(inplace=True)
    )


def _double_conv(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(*_conv(channels, width), *_conv(width, width))
