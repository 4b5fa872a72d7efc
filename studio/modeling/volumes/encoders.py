"""Encoders of volumes: backbones of timm, inflated; one pooled feature vector a volume.

Shapes: B batch, C channels, D depth, H height, W width, F features.
"""

import torch

from studio.errors import TrainingError
from studio.modeling.images.backbones import FeatureExtractor, feature_extractor
from studio.modeling.images.pooling import Pool
from studio.modeling.volumes.inflation import inflate, not_inflatable
from studio.modeling.weights import WeightsFile


def volume_encoder(
    name: str, channels: int, pool: Pool, weights: WeightsFile | None, shape: tuple[int, int, int]
) -> tuple[FeatureExtractor, int]:
    """An encoder for volumes of this (depth, height, width), and the length of its feature vector.

    Raises:
        TrainingError: if there is no 3D form of the network, or it cannot take volumes of this shape.
        WeightsError: if the weights do not fit.
    """
    try:
        extractor = feature_extractor(name, channels, pool, weights, shape[1:])
    except TrainingError as error:
        raise TrainingError(error.message, hint=error.hint, code="encoder") from error
    if extractor.is_token_model:
        raise not_inflatable(f"{name} is a network of tokens")
    inflate(extractor, keep_weights=weights is not None)
    was_training = extractor.training
    extractor.eval()
    try:
        with torch.no_grad():
            count = int(extractor(torch.zeros(1, channels, *shape)).shape[1])
    except (RuntimeError, ValueError, AssertionError, TypeError, AttributeError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise TrainingError(
            f"The encoder {name} cannot take volumes of {' x '.join(map(str, shape))} voxels: {said}",
            hint="Choose a resnet or efficientnet of the list, or another size.",
            code="encoder",
        ) from error
    extractor.train(was_training)
    return extractor, count
