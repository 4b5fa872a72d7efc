"""Translators: encoder-decoders of the transformers library, also put together from one encoder used twice.

An encoder, such as MiniLM, reads, and a copy of it with new cross-attention writes: Rothe et al. 2020,
arXiv:1907.12461.
"""

from collections.abc import Mapping
from typing import Any

from studio.modeling.hub_models.allowed_models import PAIR
from studio.modeling.hub_models.building import build, model_config, set_dropout, without_pooler
from studio.modeling.text.tokens.tokenizer import SpecialTokens
from studio.modeling.weights import WeightsFile

FORCED = ("forced_bos_token_id", "forced_eos_token_id", "bad_words_ids", "suppress_tokens")
"""What a model's configuration says about the tokens it writes. How long and how varied texts are is for the settings:
a checkpoint's own rules, such as at least 56 tokens for news, are those of its old task."""


def translator_config(values: dict[str, Any]) -> dict[str, Any]:
    """A configuration as it is, or that of an encoder as the configuration of a pair."""
    if getattr(model_config(values), "is_encoder_decoder", False):
        return values
    decoder = {**values, "is_decoder": True, "add_cross_attention": True}
    return {"model_type": PAIR, "is_encoder_decoder": True, "encoder": values, "decoder": decoder}


def is_pair(values: Mapping[str, Any]) -> bool:
    """Whether a configuration is of a model that is put together."""
    return bool(values["model_type"] == PAIR)


def build_translator(
    values: Mapping[str, Any], special: SpecialTokens, weights: WeightsFile | None, dropout: float
) -> Any:
    """The model of a configuration; of a pair, both halves start from the same weights.

    Raises:
        WeightsError: if the library cannot build it, or the weights do not fit.
    """
    from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM, EncoderDecoderModel

    config = model_config(values, dropout)
    if not is_pair(values):
        return build(AutoModelForSeq2SeqLM, config, weights).float()
    for half in (config.encoder, config.decoder):
        set_dropout(half, dropout)
    config.decoder_start_token_id = special.first if special.first is not None else special.pad
    config.pad_token_id = special.pad
    config.eos_token_id = special.last
    encoder: Any = without_pooler(build(AutoModel, config.encoder, weights))
    decoder = build(AutoModelForCausalLM, config.decoder, weights)
    config.encoder, config.decoder = encoder.config, decoder.config
    network: Any = EncoderDecoderModel(config=config, encoder=encoder, decoder=decoder)
    return network.float()


def generation_values(values: Mapping[str, Any], special: SpecialTokens) -> dict[str, Any]:
    """The ids that generation needs: where a text starts, where it ends, what is forced or forbidden."""
    found = {name: values[name] for name in FORCED if values.get(name) is not None}
    start = values.get("decoder_start_token_id")
    if start is None:
        start = special.first if special.first is not None else special.pad
    return {
        **found,
        "decoder_start_token_id": start,
        "bos_token_id": values.get("bos_token_id", special.first),
        "eos_token_id": values.get("eos_token_id", special.last),
        "pad_token_id": values.get("pad_token_id", special.pad),
    }
