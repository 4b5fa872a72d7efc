"""What the library is given of a model's files: folders of links to those it needs, with settings that are allowed.

Given the whole folder, it would also look for adapters, generation rules, templates and whatever else comes to mind.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.errors import WeightsError, in_quotes
from studio.json_text import parse_json
from studio.modeling.hub_models.allowed_models import MODEL_TYPES
from studio.modeling.hub_models.files import CONFIG, WEIGHTS, ModelFiles

TOKENIZER_CONFIG = "tokenizer_config.json"
VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", "added_tokens.json", "bpe.codes",
                "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "source.spm", "target.spm",
                "spm.model", "prophetnet.tokenizer")  # fmt: skip
SPECIAL_TOKENS_MAP = "special_tokens_map.json"
TOKEN_KEYS = frozenset(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))
TOKENIZER_KEYS = TOKEN_KEYS | {
    "additional_special_tokens", "extra_special_tokens", "added_tokens_decoder", "tokenizer_class", "model_max_length",
    "padding_side", "truncation_side", "clean_up_tokenization_spaces", "do_lower_case", "do_basic_tokenize",
    "strip_accents", "tokenize_chinese_chars", "add_prefix_space", "add_bos_token", "add_eos_token", "trim_offsets",
    "errors", "legacy", "extra_ids", "keep_accents", "remove_space", "split_by_punct", "vocab_type", "offset",
    "src_lang", "tgt_lang", "source_lang", "target_lang", "separate_vocabs", "language_codes", "lowercase", "backend",
    "spaces_between_special_tokens", "add_dummy_prefix_space",
}  # fmt: skip
"""Of a tokenizer's settings: its special tokens, and how it treats letters and blanks. None of them names a file."""
GENERAL_CLASSES = frozenset(
    {
        "PreTrainedTokenizerFast", "TokenizersBackend", "BartTokenizer", "DistilBertTokenizer", "ElectraTokenizer",
        "LongformerTokenizer", "SqueezeBertTokenizer", "ConvBertTokenizer", "LlamaTokenizer", "CodeGenTokenizer",
        "MT5Tokenizer", "MBart50Tokenizer", "NllbTokenizer", "BarthezTokenizer", "RetriBertTokenizer",
        "ErnieTokenizer", "PhobertTokenizer", "BertweetTokenizer", "ByT5Tokenizer", "HerbertTokenizer",
    }
)  # fmt: skip
_SHARD = re.compile(r"[A-Za-z0-9][\w.-]*\.safetensors")
_INDEX_DEPTH = 4


@contextmanager
def tokenizer_folder(files: ModelFiles) -> Iterator[Path]:
    """A folder to make a model's tokenizer of: vocabularies, and the settings that are allowed.

    Raises:
        WeightsError: for a file that cannot be read, or a class of tokenizers that is not listed.
    """
    with tempfile.TemporaryDirectory(prefix="tokenizer-") as name:
        folder = Path(name)
        (folder / CONFIG).write_text(json.dumps(files.config()))
        for one in (TOKENIZER_CONFIG, SPECIAL_TOKENS_MAP):
            if (files.folder / one).is_file():
                (folder / one).write_text(json.dumps(_allowed_settings(files, one)))
        for one in VOCABULARIES:
            path = files.folder / one
            if path.is_file():
                if path.suffix == ".json":
                    _read(files, one)
                (folder / one).symlink_to(path.resolve())
        yield folder


@contextmanager
def weights_folder(path: Path, name: str) -> Iterator[Path]:
    """A folder with a model's weights alone: one file, or an index with the files beside it that it names.

    Raises:
        WeightsError: if the index names anything else.
    """
    whole, index = WEIGHTS
    with tempfile.TemporaryDirectory(prefix="weights-") as made:
        folder = Path(made)
        (folder / "generation_config.json").write_text("{}")  # the library wants one; what is written is for settings
        if path.name != index:
            (folder / whole).symlink_to(path.resolve())
            yield folder
            return
        places = _weight_map(path, name)
        for shard in sorted(set(places.values())):
            (folder / shard).symlink_to((path.parent / shard).resolve())
        (folder / index).write_text(json.dumps({"metadata": {}, "weight_map": places}))
        yield folder


def _weight_map(path: Path, name: str) -> dict[str, str]:
    try:
        places: dict[str, str] = dict(parse_json(path.read_bytes(), max_depth=_INDEX_DEPTH)["weight_map"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(name, path.name, error) from error
    for tensor, shard in places.items():
        if not isinstance(shard, str) or not _SHARD.fullmatch(shard) or not (path.parent / shard).is_file():
            raise WeightsError(
                f"The index of the weights of {in_quotes(name)} says that {in_quotes(tensor[:60])} is in "
                f"{in_quotes(str(shard)[:80])}, which is "
                "no safetensors file beside it.",
                hint="Copy all files of the model into one folder.",
                code="model_files",
            )
    return places


def _allowed_settings(files: ModelFiles, name: str) -> dict[str, Any]:
    values = _read(files, name)
    if not isinstance(values, Mapping):
        raise _unreadable(files.name, name, "no object")
    allowed = {key: value for key, value in values.items() if key in TOKENIZER_KEYS}
    kind = allowed.get("tokenizer_class")
    if kind is not None and str(kind).removesuffix("Fast") not in _classes():
        raise WeightsError(
            f"The tokenizer of {in_quotes(files.name)} is of the class {in_quotes(str(kind)[:60])}, which is not read.",
            hint=f"Choose a model with one of these: {', '.join(sorted(_classes()))}.",
            code="model_files",
            found=str(kind)[:60],
            expected="a class of tokenizers of the list",
        )
    # A mapping would set attributes of any name.
    if isinstance(allowed.get("extra_special_tokens"), Mapping):
        del allowed["extra_special_tokens"]
    return allowed


def _classes() -> frozenset[str]:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    named = {TOKENIZER_MAPPING_NAMES.get(kind) for kind in MODEL_TYPES}
    return frozenset(one.removesuffix("Fast") for one in {*named, *GENERAL_CLASSES} if one)


def _read(files: ModelFiles, name: str) -> Any:
    try:
        return parse_json((files.folder / name).read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable(files.name, name, error) from error


def _unreadable(model: str, file: str, error: object) -> WeightsError:
    return WeightsError(
        f"{file} of {in_quotes(model)} cannot be read: {str(error)[:120]}.",
        hint="Copy the model again.",
        code="model_files",
    )
