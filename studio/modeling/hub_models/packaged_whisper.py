"""Whisper that packages of this installation carry: its one conversion to a folder of the transformers library.

`python -m studio.modeling.hub_models.packaged_whisper NAME FOLDER`, in a process that ends right after. Every file that
is read has its SHA-256 on the list of `studio/bundled_weights.py`.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from studio.bundled_weights import PACKAGED_SPEECH_MODELS, PackagedFile
from studio.errors import WeightsError
from studio.files import sha256_file, sync_files, write_json
from studio.modeling.hub_models.ctranslate2_whisper import Tensors, layer_count, library_tensors, read_variables
from studio.modeling.hub_models.packaged import put_in_place, write_record

WEIGHTS = "model.safetensors"
LONGEST_TEXT = 448
END, START = "<|endoftext|>", "<|startoftranscript|>"
LEAST_MULTILINGUAL = 51865
"""Tokens of the models of many languages; those of English alone have fewer."""
SECONDS, SAMPLE_RATE, WINDOW, HOP = 30, 16000, 400, 160


def known_bytes(file: PackagedFile) -> bytes:
    """The content of a package's file.

    Raises:
        WeightsError: if it is not the known one.
    """
    path = file.path()
    if path is None or sha256_file(path) != file.sha256:
        raise WeightsError(f"The file of {file.distribution} is not the known one.", hint="Install it again.")
    return path.read_bytes()


def convert(name: str, target: Path) -> None:
    """Write a packaged model as a folder: configuration, weights, tokenizer, features, decoding, hashes of all.

    Raises:
        WeightsError: if one of its files is not the known one.
    """
    package = PACKAGED_SPEECH_MODELS[name]
    variables = read_variables(b"".join(known_bytes(part) for part in package.weights))
    tokenizer = known_bytes(package.tokenizer)
    ids = {one["content"]: int(one["id"]) for one in json.loads(tokenizer)["added_tokens"]}
    decoding = json.loads(known_bytes(package.decoding))
    files = {
        "config.json": model_settings(variables, ids),
        "generation_config.json": decoding_settings(variables, ids, decoding),
        "preprocessor_config.json": feature_settings(variables),
        "tokenizer_config.json": tokenizer_settings(),
    }
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.mkdir(mode=0o700)
    try:
        save_file(library_tensors(variables), temporary / WEIGHTS)
        (temporary / "tokenizer.json").write_bytes(tokenizer)
        for file, values in files.items():
            write_json(temporary / file, values, durable=False)
        write_record(temporary)
        sync_files(temporary)
        put_in_place(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def model_settings(variables: Tensors, ids: Mapping[str, int]) -> dict[str, Any]:
    """Sizes, read off the tensors."""
    vocabulary, width = variables["decoder/embeddings/weight"].shape
    heads = int(variables["encoder/num_heads"])
    return {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "vocab_size": vocabulary,
        "d_model": width,
        "num_mel_bins": mel_bins(variables),
        "encoder_layers": layer_count(variables, "encoder"),
        "decoder_layers": layer_count(variables, "decoder"),
        "encoder_attention_heads": heads,
        "decoder_attention_heads": heads,
        "encoder_ffn_dim": variables["encoder/layer_0/ffn/linear_0/weight"].shape[0],
        "decoder_ffn_dim": variables["decoder/layer_0/ffn/linear_0/weight"].shape[0],
        "max_source_positions": variables["encoder/position_encodings/encodings"].shape[0],
        "max_target_positions": variables["decoder/position_encodings/encodings"].shape[0],
        "bos_token_id": ids[END],
        "eos_token_id": ids[END],
        "pad_token_id": ids[END],
        "decoder_start_token_id": ids[START],
    }


def decoding_settings(variables: Tensors, ids: Mapping[str, int], decoding: Mapping[str, Any]) -> dict[str, Any]:
    """How texts are written: tokens that are suppressed, and of many languages those that name a language or a task."""
    vocabulary = variables["decoder/embeddings/weight"].shape[0]
    is_multilingual = vocabulary >= LEAST_MULTILINGUAL
    settings = {
        "bos_token_id": ids[END],
        "eos_token_id": ids[END],
        "pad_token_id": ids[END],
        "decoder_start_token_id": ids[START],
        "prev_sot_token_id": ids["<|startofprev|>"],
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "max_length": LONGEST_TEXT,
        "is_multilingual": is_multilingual,
        "return_timestamps": False,
        "suppress_tokens": decoding["suppress_ids"],
        "begin_suppress_tokens": decoding["suppress_ids_begin"],
        "alignment_heads": decoding["alignment_heads"],
    }
    if is_multilingual:
        languages = set(decoding["lang_ids"])
        settings["lang_to_id"] = {token: number for token, number in ids.items() if number in languages}
        settings["task_to_id"] = {task: ids[f"<|{task}|>"] for task in ("transcribe", "translate")}
    return settings


def feature_settings(variables: Tensors) -> dict[str, Any]:
    """Logarithmic mel energies of half a minute."""
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": mel_bins(variables),
        "sampling_rate": SAMPLE_RATE,
        "chunk_length": SECONDS,
        "n_samples": SECONDS * SAMPLE_RATE,
        "nb_max_frames": SECONDS * SAMPLE_RATE // HOP,
        "n_fft": WINDOW,
        "hop_length": HOP,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def tokenizer_settings() -> dict[str, Any]:
    """One token ends, pads and stands for the unknown."""
    return {
        "tokenizer_class": "WhisperTokenizer",
        "processor_class": "WhisperProcessor",
        **dict.fromkeys(("bos_token", "eos_token", "pad_token", "unk_token"), END),
        "errors": "replace",
        "model_max_length": LONGEST_TEXT,
    }


def mel_bins(variables: Tensors) -> int:
    """Channels that the first convolution reads."""
    return int(variables["encoder/conv1/weight"].shape[1])


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]))
