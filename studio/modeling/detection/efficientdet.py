"""EfficientDet by efficientdet-pytorch, behind one class that holds the cures for its faults.

    - everything is set in the configuration before the network is built: resetting only the scales of a head leaves
      its class part with the old number of anchors;
    - the image size is a tuple, (height, width), never a list;
    - its own decoding asks for 5,000 candidates even where there are fewer, and suppresses at a fixed overlap of 0.5:
      `decode` here takes what there is and the overlap of the settings;
    - its box loss leaves out targets that are exactly 0, which is right for background and wrong for an anchor whose
      centre or size is already the box's: such boxes drifted by 10 pixels (measured at 128 px) until 0 became 1e-12;
    - running statistics of new layers move at torch's pace: the 0.01 of the TensorFlow original needs thousands of
      updates to arrive.

Shapes: B batch, C channels, H height, W width, A anchors, K classes, N boxes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from effdet import EfficientDet, get_efficientdet_config
from effdet.anchors import AnchorLabeler, Anchors, decode_box_outputs
from effdet.loss import DetectionLoss
from omegaconf import OmegaConf
from torch import Tensor, nn

from studio.errors import TrainingError, in_quotes
from studio.modeling.batch_normalization import batch_norms
from studio.modeling.detection.detector import (
    Detections,
    Detector,
    candidates,
    parameters_of,
    stacked_losses,
    suppressed,
)
from studio.modeling.detection.objects import TrueObjects
from studio.modeling.images.backbones import weight_arguments
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.layout import apply_layout
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.weights import WeightsFile

STATISTICS_MOMENTUM = 0.1
ALMOST_ZERO = 1e-12


class Outputs(NamedTuple):
    """What the heads say, a tensor a level."""

    logits: list[Tensor]
    """(B, anchors x K, h, w)."""
    codes: list[Tensor]
    """(B, anchors x 4, h, w)."""


class EfficientDetector(Detector[Outputs]):
    """Bytes (B, C, H, W) to class and box outputs of every pyramid level."""

    body_group = "Backbone"

    def __init__(self, settings: Any, classes: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__(settings, classes, weights, keep_statistics=keep_statistics)
        config = _configuration(settings, classes, weights)
        self.normalization = PixelNormalization(settings.image.image_normalization, settings.image.image_channels)
        self.network: Any = _network(config, settings.architecture.backbone, has_weights=weights is not None)
        self.anchors = Anchors.from_config(config)
        self.loss_function = DetectionLoss(config)
        threshold = settings.architecture.anchor_iou_match_threshold
        self._labeler = AnchorLabeler(self.anchors, classes, match_threshold=threshold)
        for norm in batch_norms(self.network):
            norm.momentum = STATISTICS_MOMENTUM
        if keep_statistics:
            self.keep_statistics(self.network.get_submodule("backbone"))
        apply_layout(self, "Channels last")

    @classmethod
    def weights_name(cls, settings: Any) -> str:
        return backbone_name(settings.architecture.backbone)

    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        parts = {"Backbone": "backbone", "FPN": "fpn", "class_net": "class_net", "box_net": "box_net"}
        return {group: parameters_of(getattr(self.network, part)) for group, part in parts.items()}

    def label_aligned_rows(self) -> Mapping[str, LabelAlignedRows]:
        """The last layer is a convolution, or a depthwise one and a pointwise one that gives the classes."""
        prefix = "network.class_net.predict"
        layer = "conv_pw" if hasattr(self.network.class_net.predict, "conv_pw") else "conv"
        return {f"{prefix}.{layer}.{part}": LabelAlignedRows() for part in ("weight", "bias")}

    def forward(self, images_BCHW: Tensor) -> Outputs:
        logits, codes = self.network(self.normalization(images_BCHW))
        return Outputs(list(logits), list(codes))

    def loss(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> Tensor:
        """Focal class loss plus weighted box loss, over all positive anchors of the batch."""
        total: Tensor = self.loss_function(*outputs, *self._targets(truth))[0]
        return total

    def losses_per_image(self, outputs: Outputs, truth: Sequence[TrueObjects]) -> Tensor:
        class_targets, box_targets, positives = self._targets(truth)
        losses = [
            self.loss_function(
                *([level[i : i + 1] for level in part] for part in (*outputs, class_targets, box_targets)),
                positives[i : i + 1],
            )[0]
            for i in range(len(truth))
        ]
        return stacked_losses(losses, outputs.logits[0].device)

    def decode(self, outputs: Outputs) -> list[Detections]:
        logits_BAK, codes_BA4 = _flat(outputs.logits, self.classes), _flat(outputs.codes, 4)
        return [
            self._decode_one(logits, codes) for logits, codes in zip(logits_BAK.float(), codes_BA4.float(), strict=True)
        ]

    def _decode_one(self, logits_AK: Tensor, codes_A4: Tensor) -> Detections:
        scores, anchors, classes = candidates(logits_AK.sigmoid())
        corners = decode_box_outputs(codes_A4[anchors], self.anchors.boxes[anchors], output_xyxy=True)
        return suppressed(corners, scores, classes, self.image_size, self.limits)

    def _targets(self, truth: Sequence[TrueObjects]) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """efficientdet-pytorch wants y before x, and classes from 1."""
        boxes = [one.corners_N4[:, [1, 0, 3, 2]] for one in truth]
        class_targets, box_targets, positives = self._labeler.batch_label_anchors(
            boxes, [one.classes_N.float() + 1 for one in truth]
        )
        unmasked = [_unmasked(codes, chosen) for codes, chosen in zip(box_targets, class_targets, strict=True)]
        return class_targets, unmasked, positives


def backbone_name(model_name: str) -> str:
    """The timm architecture inside an EfficientDet.

    Raises:
        TrainingError: if the library has no such model.
    """
    return str(_library_configuration(model_name).backbone_name)


def _library_configuration(model_name: str) -> Any:
    try:
        return get_efficientdet_config(model_name)
    except (KeyError, RuntimeError) as error:
        raise TrainingError(
            f"efficientdet-pytorch has no model {in_quotes(model_name)}.",
            hint="Choose a suggested backbone.",
            code="model",
        ) from error


def _configuration(settings: Any, classes: int, weights: WeightsFile | None) -> Any:
    image, architecture, training = settings.image, settings.architecture, settings.training
    config = _library_configuration(architecture.backbone)
    OmegaConf.set_readonly(config, False)
    OmegaConf.set_struct(config, False)
    config.num_classes = classes
    config.image_size = (image.image_height, image.image_width)
    config.num_scales = architecture.anchor_num_scales
    config.aspect_ratios = tuple(float(ratio) for ratio in architecture.anchor_aspect_ratios)
    config.anchor_scale = architecture.anchor_scale
    config.alpha = training.focal_cls_loss_alpha
    config.gamma = training.focal_cls_loss_gamma
    config.box_loss_weight = training.box_loss_weight
    arguments = dict(config.backbone_args or {})
    arguments["in_chans"] = image.image_channels
    if architecture.drop_path_rate != "Default":
        arguments["drop_path_rate"] = float(architecture.drop_path_rate)
    overlay = weight_arguments(weights).get("pretrained_cfg_overlay")
    config.backbone_args = {**arguments, **({"pretrained_cfg_overlay": overlay} if overlay else {})}
    return config


def _network(config: Any, name: str, *, has_weights: bool) -> nn.Module:
    try:
        network: nn.Module = EfficientDet(config, pretrained_backbone=has_weights)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"{in_quotes(name)} cannot be built: {str(error).splitlines()[0]}",
            hint="Choose another backbone, or leave Drop path rate at Default.",
            code="model",
        ) from error
    return network


def _unmasked(codes: Tensor, classes: Tensor) -> Tensor:
    """Box targets (B, h, w, anchors x 4) in which no target of a positive anchor is exactly 0."""
    positive = (classes >= 0).repeat_interleave(4, dim=-1)
    return torch.where(positive & (codes == 0), codes.new_tensor(ALMOST_ZERO), codes)


def _flat(levels: list[Tensor], width: int) -> Tensor:
    """Outputs of all levels as (B, A, width), in the order of the anchors."""
    batch = levels[0].shape[0]
    return torch.cat([level.permute(0, 2, 3, 1).reshape(batch, -1, width) for level in levels], dim=1)
