"""The network of span prediction: a transformer with a layer for the first and the last token of the answer.

Shapes: B batch, L length.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from studio.modeling.hub_models.building import build, checkpoint_activations, model_config
from studio.modeling.recipe import Assets
from studio.modeling.text.sources.assets import config_of
from studio.modeling.weights import WeightsFile

OUTPUTS = 2
"""Start and end."""


class QuestionAnswerer(nn.Module):
    """A question-answering model of the transformers library, so that trained ones answer at once."""

    def __init__(self, architecture: Any, assets: Assets, weights: WeightsFile | None) -> None:
        super().__init__()
        from transformers import AutoModelForQuestionAnswering

        config = model_config(config_of(assets), architecture.intermediate_dropout)
        # The layer takes its size from here, and the configuration of a classifier says otherwise.
        config.num_labels = OUTPUTS
        answerer = build(AutoModelForQuestionAnswering, config, weights)
        self.answerer: Any = answerer.float()
        self._types = int(getattr(config, "type_vocab_size", 0) or 0)
        if architecture.gradient_checkpointing:
            checkpoint_activations(self.answerer, architecture.backbone)

    def forward(self, ids_BL: Tensor, mask_BL: Tensor, types_BL: Tensor) -> Tensor:
        """Logits of each token to start and to end the answer (B, L, 2)."""
        types = {"token_type_ids": types_BL} if self._types > 1 else {}
        found = self.answerer(input_ids=ids_BL, attention_mask=mask_BL, **types)
        return torch.stack([found.start_logits, found.end_logits], dim=-1).float()

    def body(self) -> list[nn.Parameter]:
        """Parameters of the transformer."""
        return list(self.answerer.base_model.parameters())

    def head(self) -> Sequence[nn.Parameter]:
        """Parameters behind it."""
        body = {id(one) for one in self.body()}
        return [one for one in self.answerer.parameters() if id(one) not in body]
