"""Detector: what training and scoring ask of a model that finds boxes, and the last steps all of them share.

Shapes: B batch, C channels, H height, W width, A places a box may come from, K classes, N boxes.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, clip_boxes_to_image, remove_small_boxes

from studio.modeling.batch_normalization import KeepsStatistics
from studio.modeling.detection.objects import TrueObjects
from studio.modeling.recipe import LabelAlignedRows
from studio.modeling.weights import WeightsFile

MAX_CANDIDATES = 5000
MIN_SCORE = 0.001
"""Boxes below are noise; dropping them early makes suppression fast and changes no figure that is shown."""
THINNEST_PIXELS = 0.01

OutputsT = TypeVar("OutputsT")


@dataclass(frozen=True)
class Detections:
    """Boxes of one image in network pixels, best first."""

    corners_N4: Tensor
    scores_N: Tensor
    classes_N: Tensor
    masks_Nmm: Tensor | None = None
    """Probabilities of pixels that fill the boxes, where a network gives them."""


@dataclass(frozen=True)
class Limits:
    """What is left out of the boxes that a network gives."""

    nms_iou_threshold: float
    max_det_per_image: int


class Detector(KeepsStatistics, ABC, Generic[OutputsT]):
    """Bytes (B, C, H, W) to outputs, from which losses and boxes are made.

    Made from settings, the number of classes, pretrained weights if any, and whether the body keeps its statistics.
    """

    body_group: ClassVar[str]
    """The layer group that pretrained weights are for."""

    def __init__(self, settings: Any, classes: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__()
        prediction, image = settings.prediction, settings.image
        self.classes = classes
        self.limits = Limits(prediction.nms_iou_threshold, prediction.max_det_per_image)
        self.image_size = (image.image_height, image.image_width)

    @classmethod
    def weights_name(cls, settings: Any) -> str:
        """The timm architecture of the body."""
        return str(settings.architecture.backbone)

    @abstractmethod
    def layer_groups(self) -> Mapping[str, Sequence[nn.Parameter]]:
        """Parameters by the names that differential learning rates use; together they are all parameters."""

    @abstractmethod
    def label_aligned_rows(self) -> Mapping[str, LabelAlignedRows]:
        """The tensors by name whose rows belong to classes."""

    @abstractmethod
    def forward(self, images_BCHW: Tensor) -> OutputsT:
        """What losses and boxes are made from."""

    @abstractmethod
    def loss(self, outputs: OutputsT, truth: Sequence[TrueObjects]) -> Tensor:
        """The training loss of a batch."""

    @abstractmethod
    def losses_per_image(self, outputs: OutputsT, truth: Sequence[TrueObjects]) -> Tensor:
        """The loss of every image by itself (B); in evaluation mode no random number is drawn."""

    @abstractmethod
    def decode(self, outputs: OutputsT) -> list[Detections]:
        """Boxes of every image after non-maximum suppression a class, within the limits of the settings."""


def candidates(scores_AK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Scores, places and classes of what is worth a look, best first."""
    scores, chosen = scores_AK.reshape(-1).topk(min(MAX_CANDIDATES, scores_AK.numel()))
    chosen, scores = chosen[scores > MIN_SCORE], scores[scores > MIN_SCORE]
    return scores, chosen // scores_AK.shape[1], chosen % scores_AK.shape[1]


def suppressed(
    corners_N4: Tensor, scores_N: Tensor, classes_N: Tensor, image_size: tuple[int, int], limits: Limits
) -> Detections:
    """Boxes cut to the image, (height, width), without empty ones and without those that repeat a better one."""
    corners = clip_boxes_to_image(corners_N4, image_size)
    solid = remove_small_boxes(corners, THINNEST_PIXELS)
    corners, scores, classes = corners[solid], scores_N[solid], classes_N[solid]
    kept = batched_nms(corners, scores, classes, limits.nms_iou_threshold)[: limits.max_det_per_image]
    return Detections(corners[kept], scores[kept], classes[kept])


def targets_of(truth: Sequence[TrueObjects], first_class: int) -> list[dict[str, Tensor]]:
    """True objects as torchvision takes them; `first_class` is 1 where 0 is the background."""
    return [{"boxes": one.corners_N4.float(), "labels": one.classes_N.long() + first_class} for one in truth]


def parameters_of(*modules: nn.Module) -> list[nn.Parameter]:
    """The parameters of some parts of a model."""
    return [parameter for module in modules for parameter in module.parameters()]


def stacked_losses(losses: Sequence[Tensor], device: torch.device) -> Tensor:
    """One loss an image as a tensor, also of no image at all."""
    return torch.stack(list(losses)) if losses else torch.zeros(0, device=device)
