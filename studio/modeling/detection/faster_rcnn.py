"""Faster R-CNN by torchvision over a timm backbone: regions are proposed, then judged.

Ren et al. 2015, arXiv:1506.01497, with the feature pyramid of arXiv:1612.03144. torchvision's own transform is not
used: images come at network size and normalized. Its parts are called one by one, because scoring wants losses and
boxes of the same image, and losses that draw no random number.

Shapes: B batch, C channels, H height, W width, A anchors, K classes, P proposals, N boxes.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.roi_heads import fastrcnn_loss
from torchvision.models.detection.rpn import concat_box_prediction_layers
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

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
from studio.modeling.detection.sampling import BalancedSampler
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.layout import apply_layout
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.weights import WeightsFile

FINEST_STRIDE = 4
RATIOS = (0.5, 1.0, 2.0)
SMALL_IMAGE_PIXELS = 640
ANCHOR_STRIDES, SMALL_ANCHOR_STRIDES = 8, 4
"""An anchor's side in strides of its level. torchvision's 8 (32 to 512 pixels) is made for images of 800 pixels; with
4, anchors begin at 16 pixels, which is how large a platelet is in a blood image of 256."""
RPN_SAMPLES, RPN_POSITIVE = 256, 0.5
ROI_SAMPLES, ROI_POSITIVE = 128, 0.25
"""As in the paper. torchvision's 512 regions cost more than the rest of a small network together."""
TRAINING_PROPOSALS = 1000
LEAST_PROPOSALS = 300


class Outputs(NamedTuple):
    """What the first stage says."""

    levels: "OrderedDict[str, Tensor]"
    objectness_A1: Tensor
    """Of all images, one after the other."""
    deltas_A4: Tensor
    anchors: list[Tensor]
    """Of each level, the same for every image."""

    def of_image(self, index: int) -> "Outputs":
        """The outputs of one image by itself."""
        count = sum(len(one) for one in self.anchors)
        rows = slice(index * count, (index + 1) * count)
        levels = OrderedDict((name, one[index : index + 1]) for name, one in self.levels.items())
        return Outputs(levels, self.objectness_A1[rows], self.deltas_A4[rows], self.anchors)

    @property
    def images(self) -> int:
        """How many images these are of."""
        return next(iter(self.levels.values())).shape[0]


class Regions(NamedTuple):
    """Proposals of every image that a loss looks at."""

    proposals: list[Tensor]
    matched: list[Tensor]
    """Of each the true object that it overlaps most."""
    labels: list[Tensor]
    """Its class, from 1; 0 for the background."""
    codes: list[Tensor]
    """How the object's box lies to it."""


class FasterRcnnDetector(Detector[Outputs]):
    """Bytes (B, C, H, W) to proposals, and those to boxes."""

    body_group = "Body"

    def __init__(self, settings: Any, classes: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__(settings, classes, weights, keep_statistics=keep_statistics)
        image = settings.image
        self.normalization = PixelNormalization(image.image_normalization, image.image_channels)
        pyramid = TimmPyramid(
            settings.architecture.backbone, image.image_channels, self.image_size, weights, finest=FINEST_STRIDE
        )
        pooled_levels = len(pyramid.strides)
        pyramid.extend(LastLevelMaxPool(), 1)
        side = SMALL_ANCHOR_STRIDES if max(self.image_size) < SMALL_IMAGE_PIXELS else ANCHOR_STRIDES
        self.network = FasterRCNN(
            pyramid,
            num_classes=classes + 1,
            rpn_anchor_generator=PyramidAnchors(
                tuple((side * stride,) for stride in pyramid.strides), RATIOS, pyramid.strides
            ),
            rpn_pre_nms_top_n_train=TRAINING_PROPOSALS,
            rpn_post_nms_top_n_train=TRAINING_PROPOSALS,
            rpn_pre_nms_top_n_test=max(TRAINING_PROPOSALS, 3 * self.limits.max_det_per_image),
            rpn_post_nms_top_n_test=max(LEAST_PROPOSALS, 3 * self.limits.max_det_per_image),
            box_roi_pool=MultiScaleRoIAlign([str(level) for level in range(pooled_levels)], 7, 2),
        )
        self.network.rpn.fg_bg_sampler = BalancedSampler(RPN_SAMPLES, RPN_POSITIVE)
        self.network.roi_heads.fg_bg_sampler = BalancedSampler(ROI_SAMPLES, ROI_POSITIVE)
        if keep_statistics:
            self.keep_statistics(pyramid.body)
        apply_layout(self, "Channels last")

    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        network = self.network
        return {
            "Body": parameters_of(network.backbone.body),
            "FPN": parameters_of(network.backbone.fpn),
            "RPN": parameters_of(network.rpn),
            "ROI heads": parameters_of(network.roi_heads),
        }

    def label_aligned_rows(self) -> Mapping[str, LabelAlignedRows]:
        prefix = "network.roi_heads.box_predictor"
        return {
            f"{prefix}.{layer}.{part}": LabelAlignedRows(background=1, inner=inner)
            for layer, inner in (("cls_score", 1), ("bbox_pred", 4))
            for part in ("weight", "bias")
        }

    def forward(self, images_BCHW: Tensor) -> Outputs:
        levels = self.network.backbone(self.normalization(images_BCHW))
        maps = list(levels.values())
        objectness, deltas = concat_box_prediction_layers(*self.network.rpn.head(maps))
        anchors = self.network.rpn.anchor_generator.of_maps(maps)
        return Outputs(levels, objectness.float(), deltas.float(), anchors)

    def loss(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> Tensor:
        """Objectness, places of proposals, classes and places of boxes, in equal parts."""
        return torch.stack(list(self.loss_parts(outputs, truth).values())).sum()

    def loss_parts(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> dict[str, Tensor]:
        """The losses by torchvision's names."""
        targets = targets_of(truth, first_class=1)
        losses = self._proposal_losses(outputs, targets)
        regions = Regions(*self.network.roi_heads.select_training_samples(self._proposals(outputs), targets))
        logits, deltas = self._judged(outputs, regions.proposals)
        losses["loss_classifier"], losses["loss_box_reg"] = fastrcnn_loss(logits, deltas, regions.labels, regions.codes)
        return losses | self.further_losses(outputs, truth, regions)

    def further_losses(self, outputs: Outputs, truth: Sequence[TrueObjects], regions: Regions) -> dict[str, Tensor]:
        """Losses of heads that a network has beside that of the boxes."""
        return {}

    def losses_per_image(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> Tensor:
        losses = [self.loss(outputs.of_image(index), [one]) for index, one in enumerate(truth)]
        return stacked_losses(losses, outputs.objectness_A1.device)

    def decode(self, outputs: Outputs) -> list[Detections]:
        proposals = self._proposals(outputs)
        logits, deltas = self._judged(outputs, proposals)
        boxes_PK4 = self.network.roi_heads.box_coder.decode(deltas, proposals)
        counts = [len(one) for one in proposals]
        scores_PK = logits.softmax(-1)
        found = zip(torch.split(scores_PK, counts), torch.split(boxes_PK4, counts), strict=True)
        return [self._decode_one(scores[:, 1:], boxes[:, 1:]) for scores, boxes in found]

    def _decode_one(self, scores_PK: Tensor, boxes_PK4: Tensor) -> Detections:
        scores, places, classes = candidates(scores_PK)
        return suppressed(boxes_PK4[places, classes], scores, classes, self.image_size, self.limits)

    def _judged(self, outputs: Outputs, proposals: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Class logits (P, K + 1) and box codes (P, 4 (K + 1)) of all proposals."""
        heads = self.network.roi_heads
        pooled = heads.box_roi_pool(outputs.levels, proposals, [self.image_size] * len(proposals))
        logits, deltas = heads.box_predictor(heads.box_head(pooled))
        return logits.float(), deltas.float()

    def _proposals(self, outputs: Outputs) -> list[Tensor]:
        """Boxes worth judging, an image at a time; no gradient goes through them."""
        rpn = self.network.rpn
        anchors = torch.cat(outputs.anchors)
        boxes = rpn.box_coder.decode(outputs.deltas_A4.detach(), [anchors] * outputs.images)
        boxes, _ = rpn.filter_proposals(
            boxes.view(outputs.images, -1, 4),
            outputs.objectness_A1,
            [self.image_size] * outputs.images,
            [len(one) for one in outputs.anchors],
        )
        return list(boxes)

    def _proposal_losses(self, outputs: Outputs, targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        rpn = self.network.rpn
        anchors = [torch.cat(outputs.anchors)] * outputs.images
        labels, boxes = rpn.assign_targets_to_anchors(anchors, targets)
        codes = rpn.box_coder.encode(boxes, anchors)
        objectness, places = rpn.compute_loss(outputs.objectness_A1, outputs.deltas_A4, labels, codes)
        return {"loss_objectness": objectness, "loss_rpn_box_reg": places}
