"""Where a transformer comes from."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.bundled_weights import PACKAGED_TEXT_MODELS
from studio.errors import WeightsError
from studio.modeling.text.sources.assets import text_assets
from studio.modeling.text.sources.sources import find_text_model
from studio.settings.sections.text import MINILM, SCRATCH_ENCODERS, SCRATCH_TRANSLATORS
from tests.modeling.text.models import text_model

needs_minilm = pytest.mark.skipif(PACKAGED_TEXT_MODELS[MINILM].path() is None, reason="the package is not installed")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without a hub."""
    monkeypatch.setenv("STUDIO_HOME", str(tmp_path))
    monkeypatch.delenv("STUDIO_WEIGHTS", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("studio.modeling.hub_models.files.is_hub_reachable", lambda seconds: False)
    return tmp_path / "weights"


@needs_minilm
def test_the_packaged_model_has_its_own_tokenizer_and_weights(offline: Path) -> None:
    files = find_text_model(MINILM)

    assert (files.source, files.weights().source) == ("packaged", "packaged")
    assert set(text_assets(MINILM, lambda: ())) == {"config.json", "tokenizer.json", "special_tokens.json"}


@needs_minilm
def test_an_altered_package_is_refused(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.modeling.hub_models.files.sha256_file", lambda path: "0" * 64)

    with pytest.raises(WeightsError, match="not the known ones"):
        find_text_model(MINILM).weights()


def test_a_folder_of_ones_own_comes_first(offline: Path, assets: Mapping[str, bytes], architecture: object) -> None:
    folder = offline / "team" / "tiny"
    folder.mkdir(parents=True)
    model = text_model(architecture, assets, 2, None)
    save_file(model.backbone.encoder.body.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_bytes(assets["config.json"])
    (folder / "tokenizer.json").write_bytes(assets["tokenizer.json"])
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "cls_token": "[CLS]"})
    )

    files = find_text_model("team/tiny")
    own = text_assets("team/tiny", lambda: ())
    again = text_model(architecture, own, 2, files.weights())

    assert files.source == "folder"
    for name, tensor in load_file(folder / "model.safetensors").items():
        torch.testing.assert_close(again.backbone.encoder.body.state_dict()[name], tensor)


def test_weights_that_are_no_safetensors_are_not_read(offline: Path, assets: Mapping[str, bytes]) -> None:
    folder = offline / "team" / "old"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(assets["config.json"])
    (folder / "pytorch_model.bin").write_bytes(b"pickle")

    with pytest.raises(WeightsError) as caught:
        find_text_model("team/old").weights()

    assert caught.value.code == "weights_missing"


@pytest.mark.parametrize("name", ["../etc", "/etc/passwd", "a/b/c", "a/..", ".hidden", ""])
def test_names_that_lead_elsewhere_are_refused(offline: Path, name: str) -> None:
    with pytest.raises(WeightsError):
        find_text_model(name)


def test_without_a_hub_the_message_names_what_can_be_had(offline: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        find_text_model("bert-base-uncased")

    assert caught.value.code == "weights_missing"
    assert MINILM in caught.value.hint
    assert SCRATCH_ENCODERS[0] in caught.value.hint
    assert SCRATCH_TRANSLATORS[0] in caught.value.hint


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(offline: Path, assets: Mapping[str, bytes]) -> None:
    folder = offline / "team" / "wrong"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({**json.loads(assets["config.json"]), "vocab_size": 20}))
    (folder / "tokenizer.json").write_bytes(assets["tokenizer.json"])

    with pytest.raises(WeightsError) as caught:
        text_assets("team/wrong", lambda: ())

    assert caught.value.code == "tokenizer_mismatch"


@pytest.mark.parametrize("name", SCRATCH_ENCODERS + SCRATCH_TRANSLATORS)
def test_every_architecture_from_scratch_is_built(name: str) -> None:
    own = text_assets(name, lambda: ["a few words", "and a few more"])

    assert set(own) == {"config.json", "tokenizer.json", "special_tokens.json"}
    assert json.loads(own["config.json"])["vocab_size"] > 256
