"""Speech models as the transformers library saves them: found by name without a network, written alike, fine-tuned."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC, WhisperConfig, WhisperForConditionalGeneration

from studio.datasets.folds import split
from studio.errors import WeightsError
from studio.modeling.recipe import Media
from studio.modeling.transcription.transcripts import TEXT
from studio.scoring.predictor import Predictor
from tests.modeling.speech.models import RATE, TEXTS, make_recipe, score, write_recordings
from tests.support.finished_runs import finish_run

START, END, NO_TIMES = "<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>"
KINDS = ("whisper", "wav2vec2")
STEPS = 8


def save_whisper(folder: Path) -> None:
    """Weights, configuration, rules of writing, tokenizer and feature extractor, by the library's own methods."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet))
    added = [END, START, "<|en|>", "<|transcribe|>", "<|nospeech|>", NO_TIMES]
    own = transformers.WhisperTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, unk_token=END, pad_token=END,
        additional_special_tokens=added,
    )  # fmt: skip
    own.save_pretrained(folder)
    ids = own.convert_tokens_to_ids([START, END])
    config = WhisperConfig(
        vocab_size=len(own), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=1500,
        decoder_start_token_id=ids[0], bos_token_id=ids[1], eos_token_id=ids[1], pad_token_id=ids[1],
        suppress_tokens=None, begin_suppress_tokens=None, init_std=0.3,
    )  # fmt: skip
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)


def save_wav2vec2(folder: Path, **more: Any) -> None:
    """As above, with the characters of the texts in upper case, as published models have them."""
    letters = sorted({sign for text in TEXTS for sign in text.upper() if sign.isalpha()} | set("DFAIMERSOL"))
    folder.mkdir(parents=True)
    (folder / "characters.json").write_text(
        "{" + ", ".join(f'"{sign}": {at}' for at, sign in enumerate(["<pad>", "<unk>", "|", *letters])) + "}"
    )
    own = transformers.Wav2Vec2CTCTokenizer(
        str(folder / "characters.json"), pad_token="<pad>", unk_token="<unk>", bos_token=None, eos_token=None
    )
    own.save_pretrained(folder)
    (folder / "characters.json").unlink()
    config = Wav2Vec2Config(
        vocab_size=len(letters) + 3, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, pad_token_id=0, **more,
    )  # fmt: skip
    model = Wav2Vec2ForCTC(config)
    torch.nn.init.normal_(model.lm_head.weight, std=2.0)
    model.save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)


SAVERS = {"whisper": save_whisper, "wav2vec2": save_wav2vec2}


@pytest.fixture(params=KINDS)
def saved(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """The kind of a model, and the folder of a home with it below `weights/team/tiny`. There is no hub."""
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    torch.manual_seed(0)
    SAVERS[request.param](tmp_path / "weights" / "team" / "tiny")
    return request.param, tmp_path


def library_text(kind: str, folder: Path, samples: np.ndarray) -> str:
    """What the library's model writes greedily of samples, read by its own feature extractor and tokenizer."""
    reads = transformers.AutoFeatureExtractor.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        if kind == "wav2vec2":
            network: Any = Wav2Vec2ForCTC.from_pretrained(folder).eval()
            heard = reads(samples, sampling_rate=RATE, return_tensors="pt").input_values
            # Ours writes nothing where a character is unknown.
            return str(tokenizer.decode(network(heard).logits[0].argmax(-1))).replace("<unk>", "").lower()
        network = WhisperForConditionalGeneration.from_pretrained(folder).eval()
        features = reads(samples, sampling_rate=RATE, return_tensors="pt").input_features
        special = set(tokenizer.all_special_ids)
        end = tokenizer.convert_tokens_to_ids(END)
        ids = tokenizer.convert_tokens_to_ids([START, NO_TIMES])
        prefix = len(ids)
        for _ in range(STEPS):
            logits = network(features, decoder_input_ids=torch.tensor([ids])).logits[0, -1]
            logits[sorted(special - {end})] = -torch.inf
            ids.append(int(logits.argmax()))
            if ids[-1] == end:
                break
        return str(tokenizer.decode(ids[prefix:], skip_special_tokens=True)).strip()


def transcribed(kind: str, table: pd.DataFrame, folder: Path, **changes: Any) -> Sequence[str]:
    """Ours, of all rows in one batch."""
    whisper = {"prediction__temperature_fallback": False} if kind == "whisper" else {}
    recipe = make_recipe(
        kind, table, architecture__backbone="team/tiny", architecture__pretrained=True, **whisper, **changes
    )
    model = recipe.model(recipe.find_weights("team/tiny")).eval()
    rows = list(range(len(table)))
    return [str(raw[TEXT]) for raw in score(recipe, model, table, folder, rows).raw]


def test_a_saved_model_writes_what_it_writes_in_the_library(saved: tuple[str, Path]) -> None:
    kind, home = saved
    table = write_recordings(home / "audios", (1.0, 0.8, 1.5))
    table["transcript"] = ["one two", "two", "four five six"]

    found = transcribed(kind, table, home / "audios")

    read = [soundfile.read(home / "audios" / name, dtype="float32")[0] for name in table["audio"]]
    known = [library_text(kind, home / "weights" / "team" / "tiny", samples) for samples in read]
    assert found == known
    assert all(known)


def test_a_model_of_samples_as_they_are_hears_them_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its `do_normalize` is false: another text is written where recordings are normalized all the same."""
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path / "weights"))
    folder = tmp_path / "weights" / "team" / "tiny"
    torch.manual_seed(0)
    # A first layer that is normalized over time would not care.
    save_wav2vec2(folder, feat_extract_norm="layer", conv_bias=True)
    table = write_recordings(tmp_path / "audios", (1.0, 0.8, 1.5))
    table["transcript"] = ["one two", "two", "four five six"]
    normalized = transcribed("wav2vec2", table, tmp_path / "audios")
    transformers.Wav2Vec2FeatureExtractor(do_normalize=False).save_pretrained(folder)

    found = transcribed("wav2vec2", table, tmp_path / "audios")

    read = [soundfile.read(tmp_path / "audios" / name, dtype="float32")[0] for name in table["audio"]]
    assert found == [library_text("wav2vec2", folder, samples) for samples in read]
    assert found != normalized


def test_a_name_is_found_in_the_hubs_cache_without_the_hub(
    saved: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `huggingface_hub` lays it out, after a download on this machine."""
    kind, home = saved
    table = write_recordings(home / "audios", (1.0,))
    table["transcript"] = ["one two"]
    known = transcribed(kind, table, home / "audios")
    entry = home / "hub" / "models--team--tiny"
    (entry / "refs").mkdir(parents=True)
    (entry / "refs" / "main").write_text("abc")
    shutil.move(home / "weights" / "team" / "tiny", entry / "snapshots" / "abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / "hub"))

    assert transcribed(kind, table, home / "audios") == known


def test_a_name_that_is_nowhere_says_where_to_put_the_files(saved: tuple[str, Path]) -> None:
    kind, home = saved
    table = write_recordings(home / "audios", (1.0,))
    shutil.rmtree(home / "weights" / "team")

    with pytest.raises(WeightsError, match="is not on this machine") as caught:
        make_recipe(kind, table, architecture__backbone="team/tiny", architecture__pretrained=True)

    assert "weights/team/tiny of the home" in caught.value.hint


def test_a_run_trains_from_the_folder_and_its_bundle_transcribes_without_it(saved: tuple[str, Path]) -> None:
    kind, home = saved
    named = {"architecture.backbone": "team/tiny", "architecture.pretrained": True}
    whisper = {"audio.window_seconds": 2.0, "prediction.temperature_fallback": False} if kind == "whisper" else {}

    run = finish_run("speech_recognition", kind, home / "run", {**named, **whisper})
    shutil.rmtree(home / "weights")

    predictor = Predictor.load(run.folder / "bundle")
    rows = split(run.dataset, predictor.settings, "0").validation
    written = predictor.predict(rows, Media(run.dataset.media, run.dataset.manifest.media_folder))
    told = pd.read_csv(run.folder / "predictions" / "validation.csv", keep_default_na=False)

    assert [str(raw[TEXT]) for raw in written.raw] == told["pred_text"].tolist()
