"""The network of sequence to sequence: an encoder that reads, a decoder that writes.

Shapes: B batch, L tokens read, T tokens written, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn

from studio.modeling.hub_models.building import checkpoint_activations
from studio.modeling.hub_models.tied_weights import keep_once
from studio.modeling.recipe import Assets
from studio.modeling.text.sampling import GumbelDraws, draw_seed
from studio.modeling.text.seq2seq_models import build_translator, generation_values
from studio.modeling.text.sources.assets import config_of
from studio.modeling.text.tokens.tokenizer import SpecialTokens
from studio.modeling.weights import WeightsFile


class TextWriter(nn.Module):
    """An encoder-decoder of the transformers library."""

    def __init__(self, architecture: Any, assets: Assets, special: SpecialTokens, weights: WeightsFile | None) -> None:
        super().__init__()
        from transformers import GenerationConfig

        values = config_of(assets)
        self.network: Any = build_translator(values, special, weights, architecture.intermediate_dropout)
        self._ids = generation_values(values, special)
        # What a checkpoint brings along would fill in for settings that are off.
        self.network.generation_config = GenerationConfig(**self._ids)  # type: ignore[no-untyped-call]
        if architecture.gradient_checkpointing:
            checkpoint_activations(self.network, architecture.backbone)
        keep_once(self)

    def forward(self, ids_BL: Tensor, mask_BL: Tensor, labels_BT: Tensor) -> Tensor:
        """Logits of each target token, given those before it (B, T, V)."""
        before = self.network.prepare_decoder_input_ids_from_labels(labels=labels_BT)
        found = self.network(input_ids=ids_BL, attention_mask=mask_BL, decoder_input_ids=before, use_cache=False)
        logits: Tensor = found.logits
        return logits.float()

    def write(self, ids_BL: Tensor, mask_BL: Tensor, prediction: Any, seed: int) -> list[list[int]]:
        """Token ids of a text for each input, as the prediction settings say."""
        if not prediction.do_sample:
            return self._written(ids_BL, mask_BL, prediction)
        lengths = mask_BL.sum(1).tolist()
        seeds = [draw_seed(ids[:length], seed) for ids, length in zip(ids_BL, lengths, strict=True)]
        if prediction.num_beams == 1:
            draws = GumbelDraws(seeds, prediction.temperature)
            return self._written(ids_BL, mask_BL, prediction, logits_processor=[draws])
        # Draws of several beams depend on each other, so each text is written by itself.
        texts = []
        with torch.random.fork_rng():
            for row, length in enumerate(lengths):
                torch.manual_seed(seeds[row])
                part = (slice(row, row + 1), slice(0, length))
                options = {"do_sample": True, "temperature": prediction.temperature, "top_k": 0}
                texts += self._written(ids_BL[part], mask_BL[part], prediction, **options)
        return texts

    def encoder(self) -> list[nn.Parameter]:
        """Parameters of the encoder, word vectors included."""
        return list(self.network.get_encoder().parameters())

    def decoder(self) -> list[nn.Parameter]:
        """All others."""
        encoder = {id(one) for one in self.encoder()}
        return [one for one in self.network.parameters() if id(one) not in encoder]

    def _written(self, ids_BL: Tensor, mask_BL: Tensor, prediction: Any, **more: Any) -> list[list[int]]:
        from transformers import GenerationConfig, LogitsProcessorList

        processors = LogitsProcessorList(more.pop("logits_processor", []))
        options = {"do_sample": False, "num_beams": prediction.num_beams, **more}
        options["max_new_tokens"] = self._longest(prediction.max_length)
        config = GenerationConfig(**self._ids, **options)  # type: ignore[no-untyped-call]
        written: Tensor = self.network.generate(
            input_ids=ids_BL, attention_mask=mask_BL, generation_config=config, logits_processor=processors
        )
        return [[int(one) for one in row] for row in written.cpu().tolist()]

    def _longest(self, wanted: int) -> int:
        """No more tokens than the decoder has places for."""
        config = self.network.config
        places = getattr(getattr(config, "decoder", config), "max_position_embeddings", None)
        return wanted if places is None else min(wanted, int(places) - 2)
