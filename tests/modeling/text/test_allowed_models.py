"""What the files of a model may say: types, keys and classes of the lists, and nothing that names a file or code."""

import json
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from studio.errors import WeightsError
from studio.modeling.hub_models.allowed_models import MODEL_TYPES, PAIR, allowed_config, declared_keys
from studio.modeling.hub_models.building import model_config
from studio.modeling.hub_models.clean_copies import weights_folder
from studio.modeling.text.encoder import PooledTextEncoder
from studio.modeling.text.sources.assets import text_assets
from studio.modeling.text.sources.sources import find_text_model

BERT = {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 1, "vocab_size": 50, "intermediate_size": 32,
        "num_attention_heads": 2}  # fmt: skip


@pytest.fixture
def weights_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where folders of models lie."""
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


def write_model(folder: Path, assets: Mapping[str, bytes], architecture: Any, **tokenizer: Any) -> Path:
    """A whole small model."""
    folder.mkdir(parents=True)
    save_file(PooledTextEncoder(architecture, assets, None).encoder.body.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_bytes(assets["config.json"])
    (folder / "tokenizer.json").write_bytes(assets["tokenizer.json"])
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "cls_token": "[CLS]", **tokenizer}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize("kind", sorted(MODEL_TYPES - {PAIR}))
def test_every_allowed_type_has_plain_keys_only(kind: str) -> None:
    """None holds a model of another type, or says where something lies or how it is loaded."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    assert CONFIG_MAPPING[kind].sub_configs == {}
    names = declared_keys(kind)
    sizes = {"conv_kernel", "tdnn_kernel"}
    assert not [one for one in names - sizes if one.endswith(("_path", "_file", "_implementation", "kernel", "_name"))]
    assert {"vocab_size", "pad_token_id"} <= names
    assert "auto_map" not in names


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("timm_wrapper", {"architecture": "resnet18", "model_args": {"checkpoint_path": "/tmp/x.pth"}}),
        ("timm_backbone", {"backbone": "resnet18"}),
        ("vision-encoder-decoder", {}), ("rag", {}), ("mra", {}), ("yoso", {}), ("gpt_bigcode", {}), ("nonsense", {}),
        ("", {}), (None, {}), (3, {}), (["bert"], {}),
    ],
)  # fmt: skip
def test_other_types_are_refused_and_the_allowed_ones_named(kind: Any, more: dict[str, Any]) -> None:
    with pytest.raises(WeightsError) as refused:
        allowed_config({"model_type": kind, **more}, "team/evil")

    assert refused.value.code == "model_files"
    assert "bert" in refused.value.hint


def test_a_checkpoint_by_path_reaches_no_library(weights_home: Path, tmp_path: Path) -> None:
    """`timm_wrapper` with a path to a pickle was given to `torch.load`."""
    folder = weights_home / "team" / "evil"
    folder.mkdir(parents=True)
    values = {"model_type": "timm_wrapper", "architecture": "resnet18", "model_args": {"pretrained": True}}
    (folder / "config.json").write_text(json.dumps(values))

    with pytest.raises(WeightsError, match="timm_wrapper"):
        find_text_model("team/evil").config()
    with pytest.raises(WeightsError, match="timm_wrapper"):
        model_config(values)


@pytest.mark.parametrize(
    "key", ["attn_implementation", "_attn_implementation", "experts_implementation", "use_kernels"]
)
@pytest.mark.parametrize("outer", ["", "text_config", "encoder"])
def test_keys_that_fetch_code_are_refused_by_name(key: str, outer: str) -> None:
    values = {key: "kernels-community/flash-attn"}

    with pytest.raises(WeightsError) as refused:
        model_config({**BERT, **({outer: values} if outer else values)})

    assert (refused.value.code, refused.value.found) == ("model_code", f"{outer}.{key}" if outer else key)
    assert "hidden_size" in refused.value.hint


def test_keys_that_the_class_does_not_declare_never_reach_it() -> None:
    """As old files have many; with `auto_map`, outputs and precision, which are the studio's to say."""
    odd = {"auto_map": {"AutoModel": "x.Y"}, "gradient_checkpointing": True, "_name_or_path": "/etc",
           "torch_dtype": "float16",
           "dtype": "float16", "id2label": {"0": "a", "1": "b", "2": "c"}, "checkpoint_path": "/tmp/x", "num_beams": 4,
           "_commit_hash": "x", "trust_remote_code": True}  # fmt: skip

    kept = allowed_config({**BERT, **odd}, "team/old")
    config = model_config({**BERT, **odd})

    assert kept == BERT
    assert not [key for key in ("auto_map", "checkpoint_path", "num_beams") if hasattr(config, key)]
    assert (config.dtype, config.num_labels) == (None, 2)


@pytest.mark.parametrize(
    "value", ["/etc/passwd", "a/b", "../x", "https://x", "a b\n", "x" * 100, ["a/b"], {"a": "b/c"}]
)
def test_values_are_numbers_and_plain_words(value: Any) -> None:
    with pytest.raises(WeightsError, match="hidden_act"):
        allowed_config({**BERT, "hidden_act": value}, "team/odd")


@pytest.mark.parametrize("wrong", [{"hidden_size": "x"}, {"num_hidden_layers": None}, {"hidden_size": [1]},
                                   {"vocab_size": True, "hidden_size": {}}])  # fmt: skip
def test_values_of_the_wrong_kind_are_told_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(WeightsError, match="cannot build a model of type 'bert'"):
        model_config({**BERT, **wrong})


@pytest.mark.parametrize("wrong", [{"num_attention_heads": 0}, {"hidden_act": "nonsense"}, {"num_attention_heads": 3}])
def test_sizes_that_do_not_fit_are_told_in_words(
    assets: Mapping[str, bytes], architecture: Any, wrong: dict[str, Any]
) -> None:
    values = {**json.loads(assets["config.json"]), **wrong}

    with pytest.raises(WeightsError):
        PooledTextEncoder(architecture, {**assets, "config.json": json.dumps(values).encode()}, None)


def test_halves_of_a_pair_are_held_to_the_same_lists() -> None:
    whole = {"model_type": PAIR, "encoder": {**BERT, "auto_map": 1}, "decoder": {**BERT, "is_decoder": True}}

    assert allowed_config(whole, "pair")["encoder"] == BERT
    for half in (
        {"model_type": "timm_wrapper"},
        {"model_type": PAIR},
        {**BERT, "attn_implementation": "x"},
        "bert",
        None,
    ):
        with pytest.raises(WeightsError):
            allowed_config({**whole, "decoder": half}, "pair")


def test_nothing_else_of_a_folder_is_looked_at(
    weights_home: Path, assets: Mapping[str, bytes], architecture: Any
) -> None:
    """Adapters, rules of generation, templates and code beside a model that is whole: none of them is opened."""
    harm = {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}, "vocab_file": "/etc/passwd", "name_or_path": "/etc",
            "tokenizer_file": "/etc/passwd", "sp_model_kwargs": {"model_file": "/etc/passwd"},
            "chat_template": "{{ 1 }}",
            "fast_tokenizer_files": ["/etc/passwd"], "extra_special_tokens": {"__class__": "x"}}  # fmt: skip
    folder = write_model(weights_home / "team" / "tiny", assets, architecture, **harm)
    others = ("adapter_config.json", "generation_config.json", "chat_template.jinja", "evil.py", "pytorch_model.bin",
              "preprocessor_config.json", "adapter_model.bin", "adapter_model.safetensors")  # fmt: skip
    for name in others:
        (folder / name).write_text('{"base_model_name_or_path": "/etc", "custom_generate": "x"}')
    seen: list[str] = []
    is_watching = threading.Event()
    is_watching.set()

    def note(event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and is_watching.is_set():
            seen.append(str(given[0]))

    sys.addaudithook(note)

    own = text_assets("team/tiny", lambda: ())
    model = PooledTextEncoder(architecture, own, find_text_model("team/tiny").weights())
    is_watching.clear()

    assert model is not None
    assert any(one.endswith("tokenizer_config.json") for one in seen)
    assert not [one for one in seen if one.endswith(others) and str(folder) in one]
    assert not [one for one in seen if one.startswith("/etc/passwd")]


@pytest.mark.parametrize("kind", ["EvilTokenizer", "os.system", "TransfoXLTokenizer", "RagTokenizer", 3])
def test_other_classes_of_tokenizers_are_refused(
    weights_home: Path, assets: Mapping[str, bytes], architecture: Any, kind: Any
) -> None:
    write_model(weights_home / "team" / "odd", assets, architecture, tokenizer_class=kind)

    with pytest.raises(WeightsError) as refused:
        text_assets("team/odd", lambda: ())

    assert refused.value.code == "model_files"
    assert "BertTokenizer" in refused.value.hint


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 100_000, "\ud800"])
def test_a_deep_or_broken_file_of_a_model_is_told_in_words(
    weights_home: Path, assets: Mapping[str, bytes], architecture: Any, name: str, text: str
) -> None:
    folder = write_model(weights_home / "team" / "deep", assets, architecture)
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(WeightsError) as refused:
        text_assets("team/deep", lambda: ())

    assert refused.value.code == "model_files"


def test_weights_in_several_files_are_read_beside_their_index(
    weights_home: Path, assets: Mapping[str, bytes], architecture: Any
) -> None:
    folder = write_model(weights_home / "team" / "parts", assets, architecture)
    tensors = PooledTextEncoder(architecture, assets, None).encoder.body.state_dict()
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    for part, some in (("a", names[::2]), ("b", names[1::2])):
        save_file({name: tensors[name] for name in some}, folder / f"{part}.safetensors")
    places = {name: f"{'ab'[at % 2]}.safetensors" for at, name in enumerate(names)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))

    model = PooledTextEncoder(architecture, assets, find_text_model("team/parts").weights())

    for name, tensor in tensors.items():
        torch.testing.assert_close(model.encoder.body.state_dict()[name], tensor)


@pytest.mark.parametrize(
    "shard", ["../x.safetensors", "/etc/x.safetensors", "pytorch_model.bin", "gone.safetensors", 3, None]
)
def test_an_index_names_files_beside_it_only(tmp_path: Path, shard: Any) -> None:
    path = tmp_path / "inner" / "model.safetensors.index.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"weight_map": {"a": shard}}))
    (tmp_path / "x.safetensors").touch()
    (path.parent / "pytorch_model.bin").touch()

    with pytest.raises(WeightsError, match="no safetensors file beside it"), weights_folder(path, "team/odd"):
        pass
