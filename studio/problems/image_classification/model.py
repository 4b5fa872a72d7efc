"""The network of image classification: normalization, timm backbone, pooling, dropout, one linear layer.

Shapes: B batch, C channels, H height, W width, O outputs.
"""

from typing import Any

from torch import Tensor, nn

from studio.modeling.images.backbones import feature_count, feature_extractor
from studio.modeling.images.batch_normalization import KeepsStatistics
from studio.modeling.images.normalization import PixelNormalization
from studio.modeling.layout import apply_layout
from studio.modeling.weights import WeightsFile


class ImageClassifier(KeepsStatistics):
    """Bytes (B, C, H, W) to logits (B, O)."""

    def __init__(self, settings: Any, outputs: int, weights: WeightsFile | None, *, keep_statistics: bool) -> None:
        super().__init__()
        image, architecture = settings.image, settings.architecture
        size = (image.image_height, image.image_width)
        self.normalization = PixelNormalization(image.image_normalization, image.image_channels)
        self.backbone = feature_extractor(architecture.backbone, image.image_channels, architecture.pool, weights, size)
        self.dropout = nn.Dropout(architecture.dropout)
        self.head = nn.Linear(feature_count(self.backbone, image.image_channels, size), outputs)
        if keep_statistics:
            self.keep_statistics(self.backbone)
        apply_layout(self, "Channels last")

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.head(self.dropout(self.backbone(self.normalization(images_BCHW))))
        return logits
