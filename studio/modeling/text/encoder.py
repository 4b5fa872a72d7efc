"""TextEncoder: a transformer that turns tokens into vectors, and into one vector a text.

Shapes: B batch, L length, F features.
"""

from typing import Any

from torch import Tensor, nn

from studio.modeling.hub_models.building import build, checkpoint_activations, model_config, without_pooler
from studio.modeling.recipe import Assets
from studio.modeling.text.pooling import TextPool, TextPooling
from studio.modeling.text.sources.assets import config_of
from studio.modeling.weights import WeightsFile


class TextEncoder(nn.Module):
    """An encoder of the transformers library without a head."""

    def __init__(self, architecture: Any, assets: Assets, weights: WeightsFile | None) -> None:
        super().__init__()
        from transformers import AutoModel

        config = model_config(config_of(assets), architecture.intermediate_dropout)
        model = build(AutoModel, config, weights)
        # Of an encoder-decoder, the encoder alone.
        body = model.get_encoder() if getattr(config, "is_encoder_decoder", False) else without_pooler(model)
        self.body: Any = body.float()
        self.features = int(getattr(config, "hidden_size", None) or config.d_model)
        if architecture.gradient_checkpointing:
            checkpoint_activations(self.body, architecture.backbone)

    def forward(self, ids_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """Vectors of the tokens (B, L, F)."""
        vectors: Tensor = self.body(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state
        return vectors

    def embeddings(self) -> nn.Module:
        """The layer that turns ids into vectors."""
        layer: nn.Module = self.body.get_input_embeddings()
        return layer


class PooledTextEncoder(nn.Module):
    """An encoder with pooling: one vector a text."""

    def __init__(self, architecture: Any, assets: Assets, weights: WeightsFile | None) -> None:
        super().__init__()
        self.encoder = TextEncoder(architecture, assets, weights)
        pool: TextPool = architecture.pool
        self.pooling = TextPooling(pool)

    @property
    def features(self) -> int:
        """Length of the vector."""
        return self.encoder.features

    def forward(self, ids_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """The vectors (B, F)."""
        vector: Tensor = self.pooling(self.encoder(ids_BL, mask_BL), mask_BL)
        return vector
