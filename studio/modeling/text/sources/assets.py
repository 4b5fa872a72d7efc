"""Assets of a text model: its configuration and its tokenizer; with its weights, all that a bundle needs."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tokenizers import Tokenizer

from studio.errors import WeightsError, in_quotes
from studio.json_text import parse_json
from studio.modeling.hub_models.clean_copies import tokenizer_folder
from studio.modeling.hub_models.files import CONFIG, ModelFiles
from studio.modeling.text.sources.sources import find_text_model, is_scratch, scratch_architecture
from studio.modeling.text.tokens.tokenizer import SPECIAL_TOKENS, TOKENIZER, SpecialTokens
from studio.modeling.text.tokens.tokenizer_training import FIRST, LAST, PAD, train_tokenizer

Adapt = Callable[[dict[str, Any]], dict[str, Any]]


def text_assets(
    name: str, texts: Callable[[], Iterable[str]], adapt: Adapt = lambda config: config
) -> dict[str, bytes]:
    """Configuration and tokenizer of a backbone; of one from scratch, a tokenizer is trained on the texts.

    `adapt` may change the configuration, for a model that is put together from others.

    Raises:
        WeightsError: if the model cannot be had, or tokenizer and model do not belong together.
    """
    if is_scratch(name):
        config, tokenizer, special = _from_scratch(name, texts())
    else:
        files = find_text_model(name)
        config = files.config()
        tokenizer, special = own_tokenizer(files)
        _check_vocabulary(name, config, tokenizer)
    return {
        CONFIG: json.dumps(adapt(config), indent=2).encode(),
        TOKENIZER: tokenizer.to_str().encode(),
        SPECIAL_TOKENS: special.to_bytes(),
    }


def config_of(assets: Mapping[str, bytes]) -> dict[str, Any]:
    """The configuration in a model's assets."""
    values: dict[str, Any] = parse_json(assets[CONFIG])
    return values


def _from_scratch(name: str, texts: Iterable[str]) -> tuple[dict[str, Any], Tokenizer, SpecialTokens]:
    architecture = dict(scratch_architecture(name))
    is_translator = bool(architecture.get("is_encoder_decoder"))
    tokenizer, special = train_tokenizer(texts, marks_first=not is_translator)
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    config = {**architecture, "vocab_size": size, "pad_token_id": PAD}
    if is_translator:
        config |= {"eos_token_id": LAST, "decoder_start_token_id": PAD}
    else:
        config |= {"cls_token_id": FIRST, "sep_token_id": LAST}
    return config, tokenizer, special


def own_tokenizer(files: ModelFiles) -> tuple[Tokenizer, SpecialTokens]:
    """The tokenizer of a model's files, in the one form that the studio uses.

    Raises:
        WeightsError: if it cannot be read.
    """
    from transformers import AutoTokenizer

    try:
        with tokenizer_folder(files) as folder:
            own = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = Tokenizer.from_str(own.backend_tokenizer.to_str())
    except (OSError, ValueError, AttributeError, ImportError, KeyError, TypeError) as error:
        raise WeightsError(
            f"The tokenizer of {in_quotes(files.name)} cannot be used: {str(error).splitlines()[0]}",
            hint="The model's files need a tokenizer.json. Choose another backbone.",
            code="model_files",
        ) from error
    pad = own.pad_token_id if own.pad_token_id is not None else own.eos_token_id
    special = SpecialTokens(
        pad=pad if pad is not None else 0,
        mask=own.mask_token_id,
        separator=own.sep_token_id if own.sep_token_id is not None else own.eos_token_id,
        unknown=own.unk_token_id,
        first=own.cls_token_id if own.cls_token_id is not None else own.bos_token_id,
        last=own.eos_token_id if own.eos_token_id is not None else own.sep_token_id,
    )
    return tokenizer, special


def _check_vocabulary(name: str, config: Mapping[str, Any], tokenizer: Tokenizer) -> None:
    size = config.get("vocab_size")
    highest = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0)
    if isinstance(size, int) and highest >= size:
        raise WeightsError(
            f"The tokenizer of {in_quotes(name)} gives ids up to {highest}, and the model knows {size} tokens.",
            hint="Tokenizer and weights do not belong together: take both from one model.",
            code="tokenizer_mismatch",
        )
