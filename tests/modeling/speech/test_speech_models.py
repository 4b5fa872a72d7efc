"""Both speech models: the same in every batch, losses as the library and the definition have them, whole recordings."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from studio.errors import TrainingError, WeightsError
from studio.modeling.recipe import Media, Raw, SampleIndex, Scored
from studio.modeling.speech.ctc_model import ctc_losses, frame_count, least_samples, stride_of
from studio.modeling.speech.speech_input import normalized
from studio.modeling.speech.trust import MEAN_LOG_PROBABILITY, NO_SPEECH
from studio.modeling.speech.whisper_model import Written
from studio.modeling.token_targets import IGNORED
from studio.modeling.transcription.transcripts import ENDS, STARTS, TEXT
from tests.modeling.speech.models import make_model, make_recipe, score, write_recordings

KINDS = ("whisper", "wav2vec2")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("recordings")
    found = write_recordings(folder)
    found.attrs["folder"] = str(folder)
    return found


def folder_of(table: pd.DataFrame) -> Path:
    return Path(table.attrs["folder"])


def assert_same(one: Raw, other: Raw) -> None:
    assert one.keys() == other.keys()
    for name in one:
        if one[name].dtype.kind == "U":
            assert str(one[name]) == str(other[name])
        else:
            np.testing.assert_allclose(one[name], other[name], atol=1e-5, rtol=1e-5, equal_nan=False)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("whisper", {}),
        ("whisper", {"prediction__num_beams": 3}),
        ("whisper", {"prediction__temperature_fallback": False}),
        ("wav2vec2", {}),
        ("wav2vec2", {"prediction__num_beams": 8}),
        ("wav2vec2", {"prediction__num_beams": 8, "prediction__language_model": "Training transcripts"}),
    ],
)
def test_a_recording_is_transcribed_the_same_in_every_batch(
    table: pd.DataFrame, kind: str, changes: dict[str, Any]
) -> None:
    recipe = make_recipe(kind, table, **changes)
    model = make_model(recipe)

    together = score(recipe, model, table, folder_of(table), [0, 1, 2, 3])
    alone = [score(recipe, model, table, folder_of(table), [row]) for row in range(4)]

    for row in range(4):
        assert_same(together.raw[row], alone[row].raw[0])
        assert together.losses is not None
        assert alone[row].losses is not None
        assert together.losses[row] == pytest.approx(alone[row].losses[0], abs=1e-4)  # type: ignore[index]


@pytest.mark.parametrize("kind", KINDS)
def test_training_and_validation_have_one_loss(table: pd.DataFrame, kind: str) -> None:
    recipe = make_recipe(kind, table)
    model = make_model(recipe)
    samples = recipe.samples(table, Media(folder_of(table)), training=True)

    with torch.no_grad():
        training = float(recipe.loss(model, recipe.collate([samples[SampleIndex(2, seed=1)]])))
    scored = score(recipe, model, table, folder_of(table), [2])

    assert scored.losses is not None
    assert float(scored.losses[0]) == pytest.approx(training, abs=1e-5)


def test_whispers_loss_is_that_of_the_library(table: pd.DataFrame) -> None:
    recipe: Any = make_recipe("whisper", table)
    model = make_model(recipe)
    samples = recipe.samples(table, Media(folder_of(table)), training=True)
    batch = recipe.collate([samples[SampleIndex(row, seed=1)] for row in range(3)])

    with torch.no_grad():
        ours = recipe.loss(model, batch)
        # The library begins with the start token and shifts by itself; scratch models have no other prefix.
        features = model.features(batch.audio)
        theirs = model.network(input_features=features, labels=batch.targets).loss

    assert float(ours) == pytest.approx(float(theirs), abs=1e-5)


def test_ctc_sums_all_ways_to_hear_a_text() -> None:
    torch.manual_seed(1)
    values = torch.randn(2, 4, 3).log_softmax(-1)
    targets = torch.tensor([[1, 2], [1, IGNORED]])

    found = ctc_losses(values, torch.tensor([4, 3]), targets, blank=0)

    assert float(found[0]) == pytest.approx(brute_loss(values[0], [1, 2]) / 2, abs=1e-5)
    assert float(found[1]) == pytest.approx(brute_loss(values[1, :3], [1]), abs=1e-5)


def brute_loss(values: torch.Tensor, text: list[int]) -> float:
    paths = torch.cartesian_prod(*[torch.arange(3)] * len(values)).tolist()
    chances = []
    for path in paths:
        heard = [one for place, one in enumerate(path) if one and (place == 0 or path[place - 1] != one)]
        if heard == text:
            chances.append(float(sum(values[place, one] for place, one in enumerate(path))))
    return -float(torch.tensor(chances).logsumexp(0))


def test_a_recording_without_a_text_has_no_ctc_loss_and_too_short_ones_none_that_is_learned_from() -> None:
    values = torch.zeros(2, 2, 3).log_softmax(-1)

    found = ctc_losses(values, torch.tensor([2, 2]), torch.tensor([[IGNORED, IGNORED], [1, 1]]), blank=0)

    assert bool(found[0].isnan())
    assert bool(found[1].isinf())


@pytest.mark.parametrize("samples", [1, 399, 400, 720, 16_000, 33_333])
def test_frames_are_counted_as_the_library_makes_them(table: pd.DataFrame, samples: int) -> None:
    recipe: Any = make_recipe("wav2vec2", table)
    model = make_model(recipe)

    with torch.inference_mode():
        logits, frames = model(torch.randn(1, samples), torch.tensor([samples]))

    assert logits.shape[1] == int(frames[0]) == frame_count(recipe.input.config, samples)
    assert (stride_of(recipe.input.config), least_samples(recipe.input.config)) == (320, 730)


def two_seconds(kind: str) -> dict[str, float]:
    """Settings by which two seconds are heard at once, and learned from."""
    if kind == "whisper":
        return {"audio__window_seconds": 2.0}
    return {"audio__max_training_seconds": 2.0, "prediction__inference_chunk_seconds": 2.0}


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_recording_is_heard_to_its_end(tmp_path: Path, kind: str) -> None:
    """In windows of two seconds; what is written of them is written of the whole, and CTC has its loss."""
    table = write_recordings(tmp_path, (7.3, 1.0))
    recipe: Any = make_recipe(kind, table, prediction__chunk_overlap_seconds=0.5, **two_seconds(kind))
    model = make_model(recipe)
    item = recipe.samples(table, Media(tmp_path), training=False)[SampleIndex(0)]

    scored = score(recipe, model, table, tmp_path, [0, 1])

    assert len(item.windows) >= 5
    assert item.starts[-1] + len(item.windows[-1]) == item.samples == round(7.3 * 16_000)
    assert float(scored.raw[0]["seconds"]) == pytest.approx(7.3)
    assert scored.losses is not None
    assert bool(np.isnan(scored.losses[0])) == (kind == "whisper")
    assert np.isfinite(scored.losses[1])


def test_ctc_windows_are_joined_frame_by_frame(tmp_path: Path) -> None:
    """As many frames as the whole recording has, each from one window."""
    table = write_recordings(tmp_path, (6.0,))
    recipe: Any = make_recipe("wav2vec2", table, prediction__inference_chunk_seconds=2.0)
    model = make_model(recipe)
    batch = recipe.collate([recipe.samples(table, Media(tmp_path), training=False)[SampleIndex(0)]])

    with torch.inference_mode():
        values, frames = model(batch.audio, batch.lengths)
        heard = [one[:count] for one, count in zip(values, frames.tolist(), strict=True)]
        joined = recipe._whole(heard, batch.starts[0])

    assert len(joined) == frame_count(recipe.input.config, batch.samples[0])
    assert torch.equal(joined[:50], heard[0][:50])
    assert torch.equal(joined[-50:], heard[-1][-50:])


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_learned_from_is_left_out_and_named(tmp_path: Path, kind: str) -> None:
    table = write_recordings(tmp_path, (0.7, 3.0, 0.06, 0.5)).assign(
        transcript=["one", "two", " ".join(str(one * 7919 % 100_003) for one in range(300)), ""]
    )
    recipe = make_recipe(kind, table, **two_seconds(kind))
    limit = "Window seconds" if kind == "whisper" else "Max training seconds"

    samples = recipe.samples(table, Media(tmp_path), training=True)
    notes = " | ".join(note.text for note in recipe.training_notes(table))

    assert [samples[SampleIndex(place)].row for place in range(len(samples))] == [0]
    assert f"longer than {'0.7' if kind == 'whisper' else '2'} s ({limit}). Rows 2." in notes
    assert "they have no transcript. Rows 4." in notes
    assert "Rows 3." in notes
    with pytest.raises(TrainingError, match="No recording is left"):
        recipe.samples(table.iloc[1:].reset_index(drop=True), Media(tmp_path), training=True)
    assert len(recipe.samples(table, Media(tmp_path), training=False)) == 4


def test_characters_that_training_did_not_have_are_named(tmp_path: Path) -> None:
    table = write_recordings(tmp_path)
    recipe = make_recipe("wav2vec2", table)
    other = table.assign(transcript=["zehn", "one", "two", "Q?"])

    notes = " | ".join(note.text for note in recipe.notes(other, None))

    assert "validation transcripts" in notes
    assert ": q z" in notes


@pytest.mark.parametrize("kind", KINDS)
def test_a_frozen_encoder_keeps_its_weights(table: pd.DataFrame, kind: str) -> None:
    recipe = make_recipe(kind, table, architecture__freeze_encoder=True)
    model = make_model(recipe).train()
    samples = recipe.samples(table, Media(folder_of(table)), training=True)

    recipe.loss(model, recipe.collate([samples[SampleIndex(row, seed=1)] for row in range(2)])).backward()

    learned = {name for name, one in model.named_parameters() if one.grad is not None and bool(one.grad.abs().sum())}
    frozen = "encoder." if kind == "whisper" else "feature_extractor."
    assert learned
    assert not [name for name in learned if frozen in name]
    assert {id(one) for group in recipe.layer_groups(model).values() for one in group} == {
        id(one) for one in model.parameters()
    }


def test_silence_and_noise_are_heard_without_a_nan(tmp_path: Path) -> None:
    assert float(np.abs(normalized(np.zeros(100, dtype=np.float32))).max()) == 0
    assert len(normalized(np.zeros(0, dtype=np.float32))) == 0
    loud = normalized(np.random.default_rng(0).normal(3, 5, 10_000).astype(np.float32))
    assert (float(loud.mean()), float(loud.std())) == pytest.approx((0, 1), abs=1e-4)


def written(text: str, certainty: float, quiet: float) -> Written:
    return Written(text, certainty, quiet)


def test_guards_are_those_of_whispers_authors() -> None:
    assert written("thank you. " * 20, -0.1, 0.0).is_doubtful
    assert written("a plain sentence", -1.2, 0.0).is_doubtful
    assert not written("a plain sentence", -0.2, 0.9).is_doubtful
    assert written("thanks for watching", -1.2, 0.9).is_silence
    assert not written("a quiet sentence", -0.3, 0.9).is_silence


def test_a_doubtful_transcript_is_written_again_and_told(table: pd.DataFrame) -> None:
    """A random model is sure of nothing: its log probability is far below -1 at every temperature."""
    guarded, plain = (
        make_recipe("whisper", table),
        make_recipe("whisper", table, prediction__temperature_fallback=False),
    )
    model = make_model(guarded)

    again = score(guarded, model, table, folder_of(table), [0, 1])
    once = score(plain, model, table, folder_of(table), [0, 1])

    assert [float(raw["temperature"]) for raw in again.raw] == [1.0, 1.0]
    assert [float(raw["temperature"]) for raw in once.raw] == [0.0, 0.0]
    assert [float(raw[MEAN_LOG_PROBABILITY]) < -1 for raw in again.raw] == [True, True]
    assert all(0 <= float(raw[NO_SPEECH]) <= 1 for raw in once.raw)


def test_an_empty_text_has_no_words_and_no_times(table: pd.DataFrame) -> None:
    recipe = make_recipe("wav2vec2", table)
    scored: Scored = score(recipe, make_model(recipe), table, folder_of(table), [0, 1, 2, 3])

    for raw in scored.raw:
        assert len(str(raw[TEXT]).split()) == len(raw[STARTS]) == len(raw[ENDS])
        assert bool((raw[ENDS] > raw[STARTS]).all())


def test_models_of_another_kind_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in the weights folder that holds the other model type."""
    folder = tmp_path / "weights" / "mine"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "wav2vec2", "vocab_size": 12}')
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path / "weights"))
    table = write_recordings(tmp_path / "audios")

    with pytest.raises(WeightsError, match="is of the type 'wav2vec2', which is not read"):
        make_recipe("whisper", table, architecture__backbone="mine")


@pytest.mark.parametrize("has_enough", [True, False])
def test_a_model_that_transcribes_keeps_its_characters_where_they_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_enough: bool
) -> None:
    """A folder with weights, whose vocabulary has one character more or less than the transcripts need."""
    table = write_recordings(tmp_path / "audios")
    scratch: Any = make_recipe("wav2vec2", table)
    known = scratch.input.vocabulary
    signs = [*known.numbers, "q"] if has_enough else [sign for sign in known.numbers if sign != "w"]
    folder = tmp_path / "weights" / "mine"
    folder.mkdir(parents=True)
    own = make_model(scratch)
    own.network.lm_head = torch.nn.Linear(128, len(signs))
    config = {**scratch.input.config, "vocab_size": len(signs)}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.json").write_text(json.dumps({sign: place for place, sign in enumerate(signs)}))
    save_file({name: one.contiguous() for name, one in own.network.state_dict().items()}, folder / "model.safetensors")
    monkeypatch.setenv("STUDIO_WEIGHTS", str(tmp_path / "weights"))

    recipe: Any = make_recipe("wav2vec2", table, architecture__backbone="mine", architecture__pretrained=True)
    model = recipe.model(recipe.find_weights("mine"))

    assert len(recipe.input.vocabulary) == model.network.lm_head.out_features
    assert torch.equal(model.network.lm_head.weight, own.network.lm_head.weight) == has_enough
    encoder = "network.wav2vec2.encoder.layers.0.feed_forward.output_dense.weight"
    assert torch.equal(model.state_dict()[encoder], own.state_dict()[encoder])
    assert "w" in recipe.input.vocabulary.numbers
