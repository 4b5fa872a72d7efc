"""Mixtures of training images: Mixup overlays two, Cutmix puts a patch of one into another, labels and boxes with them.

Zhang et al. 2018, arXiv:1710.09412, and Yun et al. 2019, arXiv:1905.04899. Every image of a batch is mixed with another
one of the batch, in one ratio. torch's global generator of the processor decides, whatever the device: it is part of a
checkpoint, so that a resumed run goes on drawing where it stopped.

Shapes: B batch, C channels, H height, W width, K classes, N boxes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from studio.modeling.detection.objects import TrueObjects
from studio.modeling.images.transforms import MIN_VISIBLE_SHARE

MIN_AREA = 1.0
"""Square pixels below which the rest of a box is dropped, as after a crop."""

MixTarget = Literal["Ratio", "Union", "Keep"]


class Patch(NamedTuple):
    """A part of an image in pixels; the upper ends are outside."""

    x_min: int
    y_min: int
    x_max: int
    y_max: int


@dataclass(frozen=True)
class Mixture:
    """What one mixing does to a batch: image i stays for `ratio`, and image `partners[i]` comes in for the rest."""

    partners: Tensor
    ratio: float
    patch: Patch | None
    """Where Cutmix puts the other image; None for Mixup."""

    def images(self, images_BCHW: Tensor) -> Tensor:
        """The mixed images, in numbers of the same type."""
        others = images_BCHW[self.partners.to(images_BCHW.device)]
        if self.patch is not None:
            mixed = images_BCHW.clone()
            region = (..., slice(self.patch.y_min, self.patch.y_max), slice(self.patch.x_min, self.patch.x_max))
            mixed[region] = others[region]
            return mixed
        mixed = images_BCHW.float() * self.ratio + others.float() * (1 - self.ratio)
        return mixed if images_BCHW.is_floating_point() else mixed.round().to(images_BCHW.dtype)

    def targets(self, targets_BK: Tensor, rule: MixTarget) -> Tensor:
        """Labels of the mixed images: of both in their ratio, of both in full, or of the first alone."""
        others = targets_BK[self.partners.to(targets_BK.device)]
        match rule:
            case "Ratio":
                return targets_BK * self.ratio + others * (1 - self.ratio)
            case "Union":
                return torch.maximum(targets_BK, others)
            case "Keep":
                return targets_BK

    def objects(self, objects: Sequence[TrueObjects]) -> list[TrueObjects]:
        """Boxes of the mixed images: of both for Mixup, for Cutmix of what is still to be seen of each."""
        mixed = []
        for mine, partner in zip(objects, self.partners.tolist(), strict=True):
            other = objects[partner]
            seen = (mine, other) if self.patch is None else (outside(mine, self.patch), inside(other, self.patch))
            mixed.append(
                TrueObjects(torch.cat([one.corners_N4 for one in seen]), torch.cat([one.classes_N for one in seen]))
            )
        return mixed


def mixtures(
    augmentation: Any, count: int, height: int, width: int, *, corner: bool, kind: str | None = None
) -> list[Mixture]:
    """What the settings ask for this batch, one after the other; nothing where it stays as it is.

    `kind` is Mixup, Cutmix or Disabled, by default what *Mix image* says. `corner` puts the patch of Cutmix into one of
    the four corners, so that what is left of a box is a box.
    """
    kind = augmentation.mix_image if kind is None else kind
    if kind == "Disabled" or count < 2 or torch.rand(()).item() >= augmentation.mix_probability:
        return []
    found = []
    for _ in range(augmentation.mix_iterations):
        concentration = torch.tensor(float(augmentation.mix_concentration))
        ratio = torch.distributions.Beta(concentration, concentration).sample().item()
        partners = draw_partners(count)
        if kind == "Mixup":
            found.append(Mixture(partners, ratio, None))
            continue
        patch = draw_patch(1 - ratio, height, width, corner=corner)
        shown = (patch.x_max - patch.x_min) * (patch.y_max - patch.y_min) / (height * width)
        found.append(Mixture(partners, 1 - shown, patch))
    return found


def draw_partners(count: int) -> Tensor:
    """Another image for every one: the next in a random circle, so that none is mixed with itself."""
    circle = torch.randperm(count)
    partners = torch.empty_like(circle)
    partners[circle] = circle.roll(-1)
    return partners


def draw_patch(share: float, height: int, width: int, *, corner: bool) -> Patch:
    """A patch of this share of the area, in the image's shape: in a corner, or around any point and cut at the edge."""
    side = math.sqrt(share)
    high, wide = round(height * side), round(width * side)
    y, x = int(torch.randint(height, ()).item()), int(torch.randint(width, ()).item())
    if corner:
        top, left = (0 if y < height / 2 else height - high), (0 if x < width / 2 else width - wide)
        return Patch(left, top, left + wide, top + high)
    top, left = y - high // 2, x - wide // 2
    return Patch(max(0, left), max(0, top), min(width, left + wide), min(height, top + high))


def inside(objects: TrueObjects, patch: Patch) -> TrueObjects:
    """What a patch shows of objects."""
    return _seen(objects, _common(objects.corners_N4, patch))


def outside(objects: TrueObjects, patch: Patch) -> TrueObjects:
    """What is to be seen of objects beside a patch that covers a corner of the image.

    A box shrinks where the patch covers one of its sides from end to end; where it covers a corner of the box, the
    rest is an L whose box is the same.
    """
    corners = objects.corners_N4
    covered = _common(corners, patch)
    spans_x = (covered[:, 0] <= corners[:, 0]) & (covered[:, 2] >= corners[:, 2])
    spans_y = (covered[:, 1] <= corners[:, 1]) & (covered[:, 3] >= corners[:, 3])
    rest = corners.clone()
    for axis, spans in ((1, spans_x), (0, spans_y)):
        low, high = covered[:, axis], covered[:, axis + 2]
        from_low = spans & (low <= corners[:, axis]) & (high > low)
        to_high = spans & (high >= corners[:, axis + 2]) & (high > low)
        rest[:, axis] = torch.where(from_low, torch.maximum(rest[:, axis], high), rest[:, axis])
        rest[:, axis + 2] = torch.where(to_high, torch.minimum(rest[:, axis + 2], low), rest[:, axis + 2])
    return _seen(objects, rest, hidden=_areas(covered))


def _seen(objects: TrueObjects, rest_N4: Tensor, hidden: Tensor | None = None) -> TrueObjects:
    """The objects as their rests, without those of which too little is left."""
    whole = _areas(objects.corners_N4)
    shown = _areas(rest_N4) if hidden is None else whole - hidden
    is_kept = (shown >= MIN_VISIBLE_SHARE * whole) & (shown >= MIN_AREA) & (_areas(rest_N4) > 0)
    return TrueObjects(rest_N4[is_kept], objects.classes_N[is_kept])


def _common(corners_N4: Tensor, patch: Patch) -> Tensor:
    """The part of every box inside a patch; where there is none, it is empty."""
    low, high = corners_N4.new_tensor(patch[:2]), corners_N4.new_tensor(patch[2:])
    first = torch.minimum(torch.maximum(corners_N4[:, :2], low), high)
    return torch.cat([first, torch.maximum(torch.minimum(corners_N4[:, 2:], high), first)], dim=1)


def _areas(corners_N4: Tensor) -> Tensor:
    return (corners_N4[:, 2:] - corners_N4[:, :2]).clamp(min=0).prod(dim=1)
