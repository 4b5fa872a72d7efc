"""FCOS by torchvision over a timm backbone: every point of a feature map may be the middle of a box.

Tian et al. 2019, arXiv:1904.01355. torchvision's own transform is not used: images come at network size and normalized.

Shapes: B batch, C channels, H height, W width, A points, K classes, N boxes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.detection import FCOS
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from studio.modeling.detection.detector import (
    Detections,
    Detector,
    candidates,
    parameters_of,
    stacked_losses,
    suppressed,
    targets_of,
)
from studio.modeling.detection.objects import TrueObjects
from studio.modeling.detection.pyramid import PyramidAnchors, TimmPyramid
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.layout import apply_layout
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.weights import WeightsFile

FINEST_STRIDE = 8
EXTRA_LEVELS = 2
START_STRIDES = 4.0
"""How far a side is from its point before training, in strides. torchvision begins at 0, just where the ReLU behind
has no slope for half of the sides: some never moved (overlap 0.43 after 100 steps at a rate of 0.003, 0.92 after 60
with this)."""


class Outputs(NamedTuple):
    """What the heads say about every point, and where the points are."""

    logits_BAK: Tensor
    codes_BA4: Tensor
    centerness_BA1: Tensor
    points: list[Tensor]
    """Boxes (A, 4) of one stride around each point of a level, the same for every image."""

    def of_images(self, images: slice) -> "Outputs":
        """The outputs of some of the images."""
        return Outputs(self.logits_BAK[images], self.codes_BA4[images], self.centerness_BA1[images], self.points)


class FcosDetector(Detector[Outputs]):
    """Bytes (B, C, H, W) to classes, boxes and centerness of every point."""

    body_group = "Body"

    def __init__(self, settings: Any, classes: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__(settings, classes, weights, keep_statistics=keep_statistics)
        image = settings.image
        self.normalization = PixelNormalization(image.image_normalization, image.image_channels)
        pyramid = TimmPyramid(
            settings.architecture.backbone, image.image_channels, self.image_size, weights, finest=FINEST_STRIDE
        )
        pyramid.extend(LastLevelP6P7(pyramid.out_channels, pyramid.out_channels), EXTRA_LEVELS)
        points = PyramidAnchors(tuple((stride,) for stride in pyramid.strides), (1.0,), pyramid.strides)
        self.network = FCOS(pyramid, num_classes=classes, anchor_generator=points)
        nn.init.constant_(self.network.head.regression_head.bbox_reg.bias, START_STRIDES)
        if keep_statistics:
            self.keep_statistics(pyramid.body)
        apply_layout(self, "Channels last")

    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        network = self.network
        return {
            "Body": parameters_of(network.backbone.body),
            "FPN": parameters_of(network.backbone.fpn),
            "classification_head": parameters_of(network.head.classification_head),
            "regression_head": parameters_of(network.head.regression_head),
        }

    def label_aligned_rows(self) -> Mapping[str, LabelAlignedRows]:
        return {
            f"network.head.classification_head.cls_logits.{part}": LabelAlignedRows() for part in ("weight", "bias")
        }

    def forward(self, images_BCHW: Tensor) -> Outputs:
        maps = list(self.network.backbone(self.normalization(images_BCHW)).values())
        found = self.network.head(maps)
        points = self.network.anchor_generator.of_maps(maps)
        return Outputs(
            found["cls_logits"].float(), found["bbox_regression"].float(), found["bbox_ctrness"].float(), points
        )

    def loss(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> Tensor:
        """Focal class loss, GIoU of boxes and centerness, in equal parts, over all positive points of the batch."""
        return torch.stack(list(self.loss_parts(outputs, truth).values())).sum()

    def loss_parts(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> dict[str, Tensor]:
        """The three losses by torchvision's names."""
        heads = {
            "cls_logits": outputs.logits_BAK,
            "bbox_regression": outputs.codes_BA4,
            "bbox_ctrness": outputs.centerness_BA1,
        }
        points = [torch.cat(outputs.points)] * len(truth)
        counts = [len(one) for one in outputs.points]
        losses: dict[str, Tensor] = self.network.compute_loss(targets_of(truth, first_class=0), heads, points, counts)
        return losses

    def losses_per_image(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> Tensor:
        losses = [self.loss(outputs.of_images(slice(i, i + 1)), [one]) for i, one in enumerate(truth)]
        return stacked_losses(losses, outputs.logits_BAK.device)

    def decode(self, outputs: Outputs) -> list[Detections]:
        scores_BAK = (outputs.logits_BAK.sigmoid() * outputs.centerness_BA1.sigmoid()).sqrt()
        points = torch.cat(outputs.points)
        return [
            self._decode_one(scores, codes, points) for scores, codes in zip(scores_BAK, outputs.codes_BA4, strict=True)
        ]

    def _decode_one(self, scores_AK: Tensor, codes_A4: Tensor, points_A4: Tensor) -> Detections:
        scores, places, classes = candidates(scores_AK)
        corners = self.network.box_coder.decode(codes_A4[places], points_A4[places])
        return suppressed(corners, scores, classes, self.image_size, self.limits)
