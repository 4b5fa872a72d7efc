"""Where speech models come from, and the assets that they need beside their weights: configuration, tokens."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from studio.modeling.audio.speech_models import (
    PREPROCESSING,
    find_speech_model,
    preprocessing_of,
    scratch_architecture,
)
from studio.modeling.audio.whisper_features import HOP
from studio.modeling.hub_models.files import CONFIG, ModelFiles
from studio.modeling.recipe import Assets
from studio.modeling.speech.vocabulary import VOCABULARY, Vocabulary
from studio.modeling.text.sources.assets import config_of, own_tokenizer
from studio.modeling.text.tokens.tokenizer import SPECIAL_TOKENS, TOKENIZER
from studio.modeling.text.tokens.tokenizer_training import FIRST, LAST, PAD, train_tokenizer
from studio.modeling.weights import WeightsFile
from studio.settings.schema import SettingsSchema
from studio.settings.sections.text import SCRATCH

HAS_NEW_HEAD = "has_new_head"
"""In our configuration: whether the characters are not those of the model, so that the layer of outputs is replaced."""
WHISPER, WAV2VEC2 = frozenset({"whisper"}), frozenset({"wav2vec2"})
SAMPLES_A_PLACE = 2 * HOP
"""Two columns of the spectrogram become one place of Whisper's encoder."""
GENERATION_CONFIG = "generation_config.json"
DECODING = ("suppress_tokens", "begin_suppress_tokens", "alignment_heads")
"""What is read of how published models write: tokens that they suppress, and attention heads that follow the words."""


def whisper_assets(settings: SettingsSchema, texts: Iterable[str], longest_seconds: float) -> Assets:
    """Configuration and tokenizer. One from scratch hears as much at once as the longest recording that it learns from.

    Raises:
        WeightsError: if the model cannot be had, or is no Whisper.
    """
    name = str(settings.value("architecture.backbone"))
    if not name.startswith(SCRATCH):
        files = find_speech_model(name, WHISPER)
        config = {**_decoding(files), **files.config()}
        tokenizer, special = own_tokenizer(files)
    else:
        tokenizer, special = train_tokenizer(texts, marks_first=False)
        places = math.ceil(longest_seconds * int(settings.value("audio.sample_rate")) / SAMPLES_A_PLACE)
        config = {
            **scratch_architecture(name),
            "vocab_size": tokenizer.get_vocab_size(with_added_tokens=True),
            "max_source_positions": max(1, places),
            "pad_token_id": PAD,
            "bos_token_id": FIRST,
            "eos_token_id": LAST,
            "decoder_start_token_id": FIRST,
        }
    return {
        CONFIG: json.dumps(config, indent=2).encode(),
        TOKENIZER: tokenizer.to_str().encode(),
        SPECIAL_TOKENS: special.to_bytes(),
    }


def ctc_assets(settings: SettingsSchema, texts: Sequence[str]) -> Assets:
    """Configuration, preprocessing and vocabulary; the characters of the texts where the model lacks any of them.

    Raises:
        WeightsError: if the model cannot be had, is no Wav2vec2, or hears another sample rate.
    """
    name = str(settings.value("architecture.backbone"))
    preprocessing: Mapping[str, Any] = {}
    if name.startswith(SCRATCH):
        vocabulary = Vocabulary.of_texts(texts)
        config = {**scratch_architecture(name), "vocab_size": len(vocabulary), "pad_token_id": vocabulary.blank}
    else:
        files = find_speech_model(name, WAV2VEC2)
        config, preprocessing = files.config(), preprocessing_of(files)
        path = files.folder / VOCABULARY
        own = Vocabulary.from_bytes(path.read_bytes(), name) if path.is_file() else None
        is_enough = own is not None and not any(own.unknown_in(text) for text in texts)
        vocabulary = own if own is not None and is_enough else Vocabulary.of_texts(texts)
        config[HAS_NEW_HEAD] = vocabulary is not own
    return {
        CONFIG: json.dumps(config, indent=2).encode(),
        PREPROCESSING: json.dumps(preprocessing).encode(),
        VOCABULARY: vocabulary.to_bytes(),
    }


def speech_config(assets: Assets) -> dict[str, Any]:
    """The configuration in a model's assets."""
    return config_of(assets)


def speech_weights(name: str) -> WeightsFile:
    """The weights of a speech model.

    Raises:
        WeightsError: if they are neither here nor to be had.
    """
    return find_speech_model(name, WHISPER | WAV2VEC2).weights()


def _decoding(files: ModelFiles) -> dict[str, Any]:
    """Numbers of tokens and heads; nothing else is taken."""
    if not (files.folder / GENERATION_CONFIG).is_file():
        return {}
    values = files.read_json(GENERATION_CONFIG)
    found = {key: values.get(key) for key in DECODING} if isinstance(values, Mapping) else {}
    return {key: value for key, value in found.items() if isinstance(value, list) and _are_numbers(value)}


def _are_numbers(values: Sequence[Any]) -> bool:
    """Whether a list holds whole numbers, or lists of them."""
    return all(_are_numbers(one) if isinstance(one, list) else isinstance(one, int) for one in values)
