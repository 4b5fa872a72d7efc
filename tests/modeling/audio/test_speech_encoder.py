"""Speech encoders: equal to the library's, deaf to padding, frozen when asked, and found by name without a hub."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel, Wav2Vec2FeatureExtractor, WhisperFeatureExtractor

from studio.bundled_weights import PACKAGED_SPEECH_MODELS
from studio.errors import WeightsError
from studio.modeling.audio.explained_moments import explained_moments
from studio.modeling.audio.speech_encoder import SpeechEncoder, heard_frames
from studio.modeling.audio.speech_models import find_speech_model, speech_assets
from studio.modeling.encoder_recipe import Encoder, EncoderModel
from studio.modeling.weights import WeightsFile
from studio.settings.sections.networks.wav2vec2 import SCRATCH_WAV2VEC2
from studio.settings.sections.networks.whisper import SCRATCH_WHISPER, TINY

RATE = 16_000
NO_MASKS = torch.zeros(2, 0, 3)
SIZES: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
                         "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}  # fmt: skip
LAYER_NORM = {**SIZES, "feat_extract_norm": "layer", "do_stable_layer_norm": True}
KINDS: dict[str, dict[str, Any]] = {
    "wav2vec2": SIZES, "hubert": SIZES, "wavlm": SIZES, "data2vec-audio": SIZES, "unispeech-sat": SIZES,
    "wav2vec2 with layer normalization": LAYER_NORM,
}  # fmt: skip


@pytest.fixture
def weights_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home without a hub."""
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("studio.modeling.hub_models.files.is_hub_reachable", lambda seconds: False)
    return tmp_path


def sound(seconds: float, seed: int = 0) -> torch.Tensor:
    generator = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    wave = 0.3 * np.sin(2 * np.pi * generator.uniform(200, 900) * times) + 0.02 * generator.standard_normal(len(times))
    return torch.from_numpy(wave.astype(np.float32))


def write_model(folder: Path, kind: str, sizes: dict[str, Any], **preprocessing: Any) -> Any:
    """A small random model in files of the library."""
    torch.manual_seed(0)
    model = AutoModel.from_config(AutoConfig.for_model(kind, **sizes)).eval()
    folder.mkdir(parents=True)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": kind, **sizes}))
    (folder / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": RATE, **preprocessing}))
    return model


def vectors(encoder: SpeechEncoder, recordings: list[torch.Tensor], length: int | None = None) -> torch.Tensor:
    """Of recordings padded to one length."""
    longest = length or max(map(len, recordings))
    audio = torch.stack([torch.nn.functional.pad(one, (0, longest - len(one))) for one in recordings])
    heard = torch.tensor([len(one) for one in recordings])
    masks = torch.zeros(len(recordings), 0, 3)
    with torch.no_grad():
        found: torch.Tensor = encoder(audio, torch.full((len(recordings),), longest), masks, heard)
    return found


@pytest.mark.filterwarnings("ignore:Support for mismatched:UserWarning")  # of WavLM, in the library
@pytest.mark.parametrize("normalizes", [True, False])
@pytest.mark.parametrize("named", KINDS)
def test_vectors_are_the_mean_over_the_frames_of_the_library(named: str, normalizes: bool, weights_home: Path) -> None:
    kind = named.split()[0]
    reference = write_model(weights_home / "team" / "tiny", kind, KINDS[named], do_normalize=normalizes)
    weights = find_speech_model("team/tiny").weights()
    encoder = SpeechEncoder(speech_assets("team/tiny"), "Average", weights, is_frozen=False).eval()
    recording = sound(0.7)

    found = vectors(encoder, [recording])

    extractor = Wav2Vec2FeatureExtractor(do_normalize=normalizes)
    inputs = extractor(recording.numpy(), sampling_rate=RATE, return_tensors="pt").input_values
    with torch.no_grad():
        known = reference(inputs).last_hidden_state.mean(1)
    torch.testing.assert_close(found, known, atol=1e-4, rtol=1e-4)


def test_whisper_hears_what_the_library_hears(weights_home: Path) -> None:
    sizes = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 2,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "vocab_size": 60,
             "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}  # fmt: skip
    reference = write_model(weights_home / "team" / "tiny", "whisper", sizes)
    weights = find_speech_model("team/tiny").weights()
    encoder = SpeechEncoder(speech_assets("team/tiny"), "Average", weights, is_frozen=False).eval()
    recording = sound(1.0)

    found = vectors(encoder, [recording], length=30 * RATE)

    inputs = WhisperFeatureExtractor()(recording.numpy(), sampling_rate=RATE, return_tensors="pt").input_features
    with torch.no_grad():
        known = reference.get_encoder()(inputs).last_hidden_state[:, :50].mean(1)
    torch.testing.assert_close(found, known, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", [SCRATCH_WHISPER, SCRATCH_WAV2VEC2])
def test_a_recording_has_the_same_vector_beside_any_other(name: str) -> None:
    encoder = SpeechEncoder(speech_assets(name), "Average", None, is_frozen=False).eval()
    short, long = sound(0.5, 1), sound(0.9, 2)

    both = vectors(encoder, [short, long], length=RATE)

    torch.testing.assert_close(both[:1], vectors(encoder, [short], length=RATE), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(both[1:], vectors(encoder, [long], length=RATE), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("pool", ["Average", "Max", "GeM", "Average+Max"])
def test_padding_is_not_pooled(pool: Any) -> None:
    encoder = SpeechEncoder(speech_assets(SCRATCH_WAV2VEC2), pool, None, is_frozen=False).eval()
    encoder.body = Counting()

    found = vectors(encoder, [sound(0.5), sound(1.0)])

    mean = {"Average": (0.245, 0.495), "Max": (0.49, 0.99), "Average+Max": (0.3675, 0.7425)}.get(pool)
    if mean is not None:
        torch.testing.assert_close(found[:, 0], torch.tensor(mean), atol=1e-6, rtol=0)
    assert found[0, 0] < found[1, 0] < 1


class Counting(torch.nn.Module):
    """Frames of 10 ms whose one feature is their time in seconds."""

    def forward(self, audio: torch.Tensor, masks: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        frames = audio.shape[1] // 160
        return (torch.arange(frames) / 100).expand(len(audio), frames)[..., None]


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_frozen_encoder_learns_nothing_and_draws_no_dropout(is_frozen: bool) -> None:
    encoder = SpeechEncoder(speech_assets(SCRATCH_WHISPER), "GeM", None, is_frozen=is_frozen).train()
    audio, lengths = sound(0.5)[None], torch.tensor([RATE // 2])

    encoder(audio, lengths, NO_MASKS[:1], lengths).sum().backward()

    learned = [name for name, one in encoder.named_parameters() if one.grad is not None]
    assert encoder.body.training != is_frozen
    assert (learned == ["power"]) == is_frozen


def test_masked_times_are_silent_to_those_who_hear_samples() -> None:
    encoder = SpeechEncoder(speech_assets(SCRATCH_WAV2VEC2), "Average", None, is_frozen=False)
    audio, lengths = sound(1.0)[None], torch.tensor([RATE])
    second_half = torch.tensor([[[1.0, 0.5, 1.0], [0.0, 0.2, 0.4]]])
    silent = audio.clone()
    silent[:, RATE // 2 :] = 0

    with torch.no_grad():
        found = encoder.train()(audio, lengths, second_half, lengths)
        known = encoder(silent, lengths, NO_MASKS[:1], lengths)
        not_trained = encoder.eval()(audio, lengths, second_half, lengths)
        whole = encoder(audio, lengths, NO_MASKS[:1], lengths)

    torch.testing.assert_close(found, known)
    torch.testing.assert_close(not_trained, whole)


@pytest.mark.skipif(PACKAGED_SPEECH_MODELS[TINY].path() is None, reason="the weights are not installed")
def test_the_packaged_whisper_is_heard_with_its_weights(weights_home: Path) -> None:
    weights = find_speech_model(TINY).weights()
    encoder = SpeechEncoder(speech_assets(TINY), "Average", weights, is_frozen=True).eval()

    assert (weights.source, encoder.features) == ("packaged", 384)
    assert vectors(encoder, [sound(0.5)]).shape == (1, 384)


@pytest.mark.parametrize("name", [SCRATCH_WHISPER, SCRATCH_WAV2VEC2])
def test_moments_of_a_linear_head_add_up_to_its_score(name: str) -> None:
    torch.manual_seed(0)
    encoder = SpeechEncoder(speech_assets(name), "Average", None, is_frozen=False)
    model = EncoderModel(
        Encoder({"backbone": encoder}, encoder.features), 0.0, {"head": torch.nn.Linear(128, 1)}
    ).eval()
    audio, heard = torch.cat([sound(0.5), torch.zeros(RATE // 2)]), RATE // 2

    found = explained_moments(model, encoder, audio, heard, (80, 101), lambda outputs: lambda own: own[:, 0])

    tensors = (audio[None], torch.tensor([RATE]), NO_MASKS[:1], torch.tensor([heard]))
    with torch.no_grad():
        frames = encoder.frames(audio[None], NO_MASKS[:1], torch.tensor([heard]))[0]
        counted = frames[: heard_frames(len(frames), heard, RATE)]
        score = float(model(*tensors) - model.head.bias)
    each = (counted @ model.head.weight[0].detach()) / len(counted)
    assert float(each.sum()) == pytest.approx(score, abs=1e-4)
    assert found.shape == (80, 101)
    assert torch.equal(found[0], found[79])
    assert found[0, 60:].abs().sum() == 0
    assert float(found.max()) == pytest.approx(1, abs=0.2)
    best = int(each.argmax()) / len(frames) * 101
    assert abs(int(found[0].argmax()) - best) <= 3


def test_without_a_hub_the_message_names_what_can_be_had(weights_home: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        speech_assets("facebook/wav2vec2-base")

    assert caught.value.code == "weights_missing"
    assert TINY in caught.value.hint
    assert SCRATCH_WHISPER in caught.value.hint


@pytest.mark.parametrize("kind", ["bert", "audio-spectrogram-transformer", "nonsense"])
def test_other_models_are_refused_by_their_type(kind: str, weights_home: Path) -> None:
    folder = weights_home / "team" / "other"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": kind}))

    with pytest.raises(WeightsError, match="is not read") as caught:
        speech_assets("team/other")

    assert "whisper" in caught.value.hint


def test_a_model_of_another_sample_rate_is_refused(weights_home: Path) -> None:
    write_model(weights_home / "team" / "slow", "wav2vec2", SIZES)
    (weights_home / "team" / "slow" / "preprocessor_config.json").write_text('{"sampling_rate": 8000}')

    with pytest.raises(WeightsError, match="8000 samples a second"):
        speech_assets("team/slow")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_file({"nothing": torch.zeros(1)}, tmp_path / "model.safetensors")

    with pytest.raises(WeightsError, match="tensors of this model"):
        SpeechEncoder(
            speech_assets(SCRATCH_WAV2VEC2),
            "Average",
            WeightsFile("team/other", tmp_path / "model.safetensors", "folder"),
            is_frozen=False,
        )
