"""Mask R-CNN by torchvision over a timm backbone: Faster R-CNN whose boxes get a mask each.

He et al. 2017, arXiv:1703.06870.

Shapes: B batch, K classes, P proposals, N boxes, m side of a mask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import maskrcnn_loss
from torchvision.ops import MultiScaleRoIAlign

from studio.modeling.detection.detector import Detections, parameters_of
from studio.modeling.detection.faster_rcnn import FasterRcnnDetector, Outputs, Regions
from studio.modeling.detection.objects import TrueObjects
from studio.modeling.layout import apply_layout
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.weights import WeightsFile

POOLED_SIDE, SAMPLING = 14, 2
HEAD_LAYERS = 4
"""As in the paper; masks have 28 pixels a side."""


class MaskRcnnDetector(FasterRcnnDetector):
    """Bytes (B, C, H, W) to proposals, those to boxes, and those to masks."""

    def __init__(self, settings: Any, classes: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__(settings, classes, weights, keep_statistics=keep_statistics)
        channels = self.network.backbone.out_channels
        levels = self.network.roi_heads.box_roi_pool.featmap_names
        self.mask_pool = MultiScaleRoIAlign(levels, POOLED_SIDE, SAMPLING)
        self.mask_head = MaskRCNNHeads(channels, (channels,) * HEAD_LAYERS, 1)
        self.mask_predictor = MaskRCNNPredictor(channels, channels, classes + 1)
        apply_layout(self, "Channels last")

    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        return {**super().layer_groups(), "Mask head": parameters_of(self.mask_head, self.mask_predictor)}

    def label_aligned_rows(self) -> Mapping[str, LabelAlignedRows]:
        layer = "mask_predictor.mask_fcn_logits"
        own = {f"{layer}.{part}": LabelAlignedRows(background=1) for part in ("weight", "bias")}
        return {**super().label_aligned_rows(), **own}

    def further_losses(self, outputs: Outputs, truth: Sequence[TrueObjects], regions: Regions) -> dict[str, Tensor]:
        """Cross-entropy of the masks of regions that stand for an object, at their class."""
        proposals, masks, labels, indexes = [], [], [], []
        for one, boxes, matched, classes in zip(truth, regions.proposals, regions.matched, regions.labels, strict=True):
            assert one.masks is not None
            is_object = classes > 0
            chosen: Any = matched[is_object]
            needed, index = chosen.unique(return_inverse=True)
            proposals.append(boxes[is_object])
            masks.append(one.masks.of(needed))
            labels.append(one.classes_N[needed] + 1)
            indexes.append(index)
        logits = self._mask_logits(outputs, proposals)
        return {"loss_mask": maskrcnn_loss(logits, proposals, masks, labels, indexes)}

    def decode(self, outputs: Outputs) -> list[Detections]:
        """Boxes with the probabilities (N, m, m) of their pixels."""
        found = super().decode(outputs)
        logits = self._mask_logits(outputs, [one.corners_N4 for one in found])
        classes = torch.cat([one.classes_N for one in found]) + 1
        masks = logits[torch.arange(len(classes), device=classes.device), classes].sigmoid()
        counts = [len(one.classes_N) for one in found]
        return [replace(one, masks_Nmm=of) for one, of in zip(found, torch.split(masks, counts), strict=True)]

    def _mask_logits(self, outputs: Outputs, boxes: list[Tensor]) -> Tensor:
        """Of all boxes, one image after the other (P, K + 1, m, m)."""
        pooled = self.mask_pool(outputs.levels, boxes, [self.image_size] * len(boxes))
        logits: Tensor = self.mask_predictor(self.mask_head(pooled))
        return logits.float()
