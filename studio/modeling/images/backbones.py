"""Backbones from timm: one pooled feature vector an image, any number of channels, weights from a file of ours.

Shapes: B batch, C channels, H height, W width, N positions, F features.
"""

from typing import Any

import timm
import torch
from timm.layers import SelectAdaptivePool2d
from torch import Tensor, nn

from studio.errors import TrainingError, WeightsError, in_quotes
from studio.modeling.images.pooling import Pool, pooled
from studio.modeling.weights import WeightsFile, require_architecture


class FeatureExtractor(nn.Module):
    """A timm model that gives pooled features in place of classes."""

    def __init__(self, body: nn.Module, pool: Pool) -> None:
        super().__init__()
        self.body: Any = body
        self.is_token_model = not _replace_pooling(body, pool)
        self.pool = Pooling(pool) if self.is_token_model else nn.Identity()

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Features (B, F)."""
        if not self.is_token_model:
            vector: Tensor = self.body(images_BCHW)
            return vector
        features = self.body.forward_features(images_BCHW)
        if features.dim() == 3:
            features = features[:, getattr(self.body, "num_prefix_tokens", 0) :].transpose(1, 2)
        elif features.shape[-1] == self.body.num_features and features.shape[1] != self.body.num_features:
            features = features.permute(0, 3, 1, 2).flatten(2)
        else:
            features = features.flatten(2)
        vector = self.pool(features)
        norm: nn.Module = getattr(self.body, "fc_norm", nn.Identity())
        normed: Tensor = norm(vector)
        return normed


class Pooling(nn.Module):
    """Positions to one value a channel; stands in for timm's pooling inside a model, keeping its shape habits."""

    def __init__(self, pool: Pool, *, channels_last: bool = False, flatten: bool = True) -> None:
        super().__init__()
        self.kind = pool
        self.channels_last = channels_last
        self.flatten = flatten
        self.power = nn.Parameter(torch.full((1,), 3.0)) if pool == "GeM" else None

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, N), (B, C, H, W) or (B, H, W, C) to (B, C), or with ones for H and W."""
        is_map = features.dim() == 4
        if is_map and self.channels_last:
            features = features.permute(0, 3, 1, 2)
        vector = pooled(features.flatten(2), self.kind, self.power)
        if self.flatten or not is_map:
            return vector
        return vector[:, None, None, :] if self.channels_last else vector[:, :, None, None]


def feature_extractor(
    name: str, channels: int, pool: Pool, weights: WeightsFile | None, image_size: tuple[int, int]
) -> FeatureExtractor:
    """A backbone for images of this (height, width); only families with a fixed input size look at it.

    Raises:
        TrainingError: if timm cannot build it for this input.
        WeightsError: if the weights do not fit.
    """
    require_architecture(name)
    arguments = weight_arguments(weights)
    if timm.get_pretrained_cfg(name) is not None and timm.get_pretrained_cfg(name).fixed_input_size:
        arguments["img_size"] = image_size
    try:
        body = timm.create_model(name, num_classes=0, in_chans=channels, **arguments)
    except RuntimeError as error:
        if weights is None:
            raise
        raise WeightsError(
            f"The weights of {in_quotes(weights.name)} do not fit {in_quotes(name)}: {str(error).splitlines()[0]}",
            hint="Switch Pretrained off, or choose another backbone.",
        ) from error
    except (ValueError, AssertionError, TypeError) as error:
        raise TrainingError(
            f"timm cannot build {in_quotes(name)} for {image_size[1]} x {image_size[0]} pixels and {channels} "
            f"channels: {error}",
            hint="Choose the image size the backbone was made for, or another backbone.",
            code="model",
        ) from error
    return FeatureExtractor(body, pool)


def feature_count(extractor: FeatureExtractor, channels: int, image_size: tuple[int, int]) -> int:
    """Length of the feature vector, by asking the model once without changing its state.

    Raises:
        TrainingError: if the network cannot take images of this size.
    """
    was_training = extractor.training
    extractor.eval()
    try:
        with torch.no_grad():
            count = extractor(torch.zeros(1, channels, *image_size)).shape[1]
    except (RuntimeError, ValueError, AssertionError) as error:
        raise TrainingError(
            f"The backbone cannot take {image_size[1]} x {image_size[0]} pixels: {str(error).splitlines()[0]}",
            hint="Choose the image size the backbone was made for, or another backbone.",
            code="model",
        ) from error
    extractor.train(was_training)
    return int(count)


def weight_arguments(weights: WeightsFile | None) -> dict[str, Any]:
    """What `timm.create_model` needs to start from a file and to ask nobody on the network."""
    if weights is None:
        return {"pretrained": False}
    return {"pretrained": True, "pretrained_cfg_overlay": {"file": str(weights.path)}}


def _replace_pooling(body: nn.Module, pool: Pool) -> bool:
    """Put our pooling in the place of timm's; False if the model has none (transformers of tokens)."""
    replaced = False
    for parent in list(body.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, SelectAdaptivePool2d):
                fmt = str(getattr(child, "input_fmt", "NCHW"))
                flatten = not isinstance(child.flatten, nn.Identity)
                setattr(parent, name, Pooling(pool, channels_last=fmt.endswith("NHWC"), flatten=flatten))
                replaced = True
    return replaced
