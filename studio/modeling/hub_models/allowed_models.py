"""What a configuration of a model may say: known model types, and of each the keys that its class declares.

The library reads far more out of a configuration than sizes: a `timm_wrapper` loads a checkpoint by path, other keys
fetch kernels. So only what is listed reaches it, and nothing of a configuration is ever a path or the name of code.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from studio.errors import WeightsError, in_quotes

ENCODERS = frozenset(
    {
        "albert", "bert", "big_bird", "camembert", "convbert", "data2vec-text", "deberta", "deberta-v2", "distilbert",
        "electra", "ernie", "eurobert", "fnet", "funnel", "gte", "ibert", "jina_embeddings_v3", "longformer",
        "megatron-bert", "mobilebert", "modernbert", "mpnet", "nomic_bert", "nystromformer", "rembert", "roberta",
        "roberta-prelayernorm", "roformer", "squeezebert", "xlm-roberta", "xlm-roberta-xl", "xlnet",
    }
)  # fmt: skip
DECODERS = frozenset(
    {"gemma", "gemma2", "gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "opt", "phi", "phi3", "qwen2", "qwen3"}
)
TRANSLATORS = frozenset(
    {
        "bart", "bigbird_pegasus", "blenderbot", "blenderbot-small", "led", "longt5", "m2m_100", "marian", "mbart",
        "mt5", "mvp", "pegasus", "pegasus_x", "plbart", "prophetnet", "t5", "umt5",
    }
)  # fmt: skip
PAIR = "encoder-decoder"
"""The library's name of a model that is put together of two others."""
TEXT_TYPES = ENCODERS | DECODERS | TRANSLATORS | {PAIR}
WAVEFORM_ENCODERS = frozenset(
    {"data2vec-audio", "hubert", "sew", "sew-d", "unispeech", "unispeech-sat", "wav2vec2", "wavlm"}
)
"""What hears samples."""
SPECTROGRAM_ENCODERS = frozenset({"whisper"})
SPEECH_TYPES = WAVEFORM_ENCODERS | SPECTROGRAM_ENCODERS
MODEL_TYPES = TEXT_TYPES | SPEECH_TYPES
CODE_KEYS = frozenset(
    {
        "_attn_implementation_internal", "_attn_implementation", "attn_implementation", "custom_pipelines",
        "custom_generate", "_experts_implementation_internal", "_experts_implementation", "experts_implementation",
        "kernel_config", "use_kernels", "quantization_config",
    }
)  # fmt: skip
"""Keys that no class declares, and that are refused rather than left out: what wants them will not do without."""
_OF_EVERY_TYPE = frozenset(
    {
        "model_type", "is_encoder_decoder", "is_decoder", "add_cross_attention", "tie_word_embeddings", "vocab_size",
        "pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "mask_token_id",
        "unk_token_id", "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "bad_words_ids",
        "suppress_tokens", "max_position_embeddings", "n_positions", "position_biased_input",
    }
)  # fmt: skip
_OF_NONE = frozenset(
    {
        "architectures", "dtype", "torch_dtype", "id2label", "label2id", "num_labels", "problem_type",
        "output_attentions", "output_hidden_states", "return_dict", "transformers_version", "reference_compile",
    }
)  # fmt: skip
"""Declared, and for the studio to say: how to compute, what the outputs are, what the head looks like."""
_WORD = re.compile(r"[A-Za-z0-9_.+|-]{0,64}")


def allowed_config(values: Mapping[str, Any], name: str, kinds: Set[str] = MODEL_TYPES) -> dict[str, Any]:
    """What of a configuration is allowed, whose model type is one of `kinds`; other keys are left out.

    Raises:
        WeightsError: for a model type that is not listed, a key that names code, or a value that is not plain.
    """
    kind = values.get("model_type")
    if not isinstance(kind, str) or kind not in kinds:
        raise WeightsError(
            f"The model {in_quotes(name)} is of the type {in_quotes(str(kind)[:60])}, which is not read.",
            hint=f"Choose a model of one of these types: {', '.join(sorted(kinds))}.",
            code="model_files",
            found=str(kind)[:60],
            expected="a model type of the list",
        )
    known = declared_keys(kind)
    if named := next(_code_keys(values), None):
        raise WeightsError(
            f"The configuration of {in_quotes(name)} has the key {in_quotes(named)}, which names code to run or how to "
            "load it.",
            hint=f"Choose another model, or take the key out. Of {kind} these are read: {', '.join(sorted(known))}.",
            code="model_code",
            found=named,
            expected=f"keys of {kind}",
        )
    allowed = {key: value for key, value in values.items() if key in known}
    if kind == PAIR:
        halves = {half: values.get(half) for half in ("encoder", "decoder")}
        return {**allowed, **{half: _half(inner, half, name) for half, inner in halves.items()}}
    for key, value in allowed.items():
        if key != "model_type" and (wrong := next(_not_plain(value), None)) is not None:
            raise WeightsError(
                f"The configuration of {in_quotes(name)} has the value {wrong} of "
                f"{in_quotes(key)}, which is no number or plain word.",
                hint="Choose another model.",
                code="model_files",
                found=wrong,
                expected="numbers, words, true, false, null, and lists of them",
            )
    return allowed


def declared_keys(kind: str) -> frozenset[str]:
    """The keys that are read of a model type: those its class declares, and a few of every model."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    declared = CONFIG_MAPPING[kind]
    fields = {field.name for field in dataclasses.fields(declared)}
    return frozenset((fields | set(declared.attribute_map) | _OF_EVERY_TYPE) - _OF_NONE - CODE_KEYS)


def _half(values: Any, half: str, name: str) -> dict[str, Any]:
    if not isinstance(values, Mapping) or values.get("model_type") == PAIR:
        raise WeightsError(
            f"The configuration of {in_quotes(name)} has no plain {half}.",
            hint="Choose another model.",
            code="model_files",
        )
    return allowed_config(values, f"{name} ({half})")


def _code_keys(values: Mapping[str, Any]) -> Iterator[str]:
    """Keys, at any depth, by which the library would load what they name.

    `auto_map` is none of them: without `trust_remote_code` the library does not look at it, and it is left out.
    """
    for key, value in values.items():
        if key in CODE_KEYS and value is not None:
            yield key
        if isinstance(value, Mapping):
            yield from (f"{key}.{inner}" for inner in _code_keys(value))


def _not_plain(value: Any) -> Iterator[str]:
    match value:
        case None | bool() | int() | float():
            return
        case str():
            if not _WORD.fullmatch(value):
                yield repr(value[:60])
        case list():
            for one in value:
                yield from _not_plain(one)
        case Mapping():
            for key, inner in value.items():
                yield from _not_plain(key)
                yield from _not_plain(inner)
        case _:
            yield type(value).__name__
