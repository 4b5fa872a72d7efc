"""A small model of text, as the recipes put one together."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from studio.modeling.encoder_recipe import Encoder, EncoderModel
from studio.modeling.text.encoder import PooledTextEncoder
from studio.modeling.weights import WeightsFile


def text_model(
    architecture: Any, assets: Mapping[str, bytes], outputs: int, weights: WeightsFile | None
) -> EncoderModel:
    """A pooled transformer with one linear layer."""
    backbone = PooledTextEncoder(architecture, assets, weights)
    heads = {"head": nn.Linear(backbone.features, outputs)}
    return EncoderModel(Encoder({"backbone": backbone}, backbone.features), architecture.dropout, heads)
