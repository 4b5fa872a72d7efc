"""AudioBackbone: recordings to one vector each: spectrogram, normalization, timm network.

Shapes: B batch, S samples, M mel bins, T columns, F features.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from studio.modeling.audio.augmentations import masked
from studio.modeling.audio.by_length import by_length
from studio.modeling.audio.features import MelSpectrogram
from studio.modeling.audio.parameters import AudioParameters
from studio.modeling.images.backbones import feature_count, feature_extractor
from studio.modeling.images.pooling import Pool
from studio.modeling.weights import WeightsFile

Normalization = Literal["No", "Per sample", "Global"]
EPSILON = 1e-5


class SpectrogramNormalization(nn.Module):
    """Of spectrograms (B, 1, M, T): none, by their own mean and deviation, or by those of each band in training."""

    sums: Tensor

    def __init__(self, kind: Normalization, bins: int) -> None:
        super().__init__()
        self.kind = kind
        if kind == "Global":
            # Of every band: values, their sum and the sum of their squares. Doubles, so that long runs lose nothing.
            self.register_buffer("sums", torch.zeros(3, bins, dtype=torch.float64))

    def forward(self, images_B1MT: Tensor) -> Tensor:
        """The normalized spectrograms."""
        match self.kind:
            case "No":
                return images_B1MT
            case "Per sample":
                mean = images_B1MT.mean((1, 2, 3), keepdim=True)
                return (images_B1MT - mean) / (images_B1MT.std((1, 2, 3), keepdim=True) + EPSILON)
            case "Global":
                if self.training:
                    self._learn(images_B1MT[:, 0].double())
                counts = self.sums[0].clamp(min=1)
                mean = self.sums[1] / counts
                deviation = (self.sums[2] / counts - mean.square()).clamp(min=0).sqrt() + EPSILON
                return (images_B1MT - mean[:, None].float()) / deviation[:, None].float()

    def _learn(self, images_BMT: Tensor) -> None:
        values = torch.full_like(self.sums[0], images_BMT.shape[0] * images_BMT.shape[2])
        self.sums += torch.stack([values, images_BMT.sum((0, 2)), images_BMT.square().sum((0, 2))])


class AudioBackbone(nn.Module):
    """A timm network over spectrograms."""

    def __init__(
        self,
        parameters: AudioParameters,
        kind: Literal["Log-mel", "PCEN"],
        normalization: Normalization,
        name: str,
        pool: Pool,
        weights: WeightsFile | None,
    ) -> None:
        super().__init__()
        self.spectrogram = MelSpectrogram(parameters, kind)
        self.normalization = SpectrogramNormalization(normalization, parameters.mel_bins)
        size = (parameters.mel_bins, 1 + parameters.chunk_samples // parameters.hop)
        self.extractor = feature_extractor(name, 1, pool, weights, size)
        self.features = feature_count(self.extractor, 1, size)

    def forward(self, audio_BS: Tensor, lengths_B: Tensor, masks_BN3: Tensor) -> Tensor:
        """Features (B, F) of recordings, each as if it were alone: what pads the shorter ones is never heard."""
        return by_length(self._features, audio_BS, lengths_B, masks_BN3)

    def images(self, audio_BS: Tensor) -> Tensor:
        """Spectrograms (B, 1, M, T) as the network sees them."""
        normalized: Tensor = self.normalization(self.spectrogram(audio_BS))
        return normalized

    def _features(self, audio_BS: Tensor, masks_BN3: Tensor) -> Tensor:
        images = self.images(audio_BS)
        features: Tensor = self.extractor(masked(images, masks_BN3) if self.training else images)
        return features
