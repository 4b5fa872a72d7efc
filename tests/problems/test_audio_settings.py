"""What the audio types declare: the settings of the product's reference, their defaults, and what each changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from studio.datasets.media.audio_part import AudioPart
from studio.datasets.media.readers.audio import SAMPLE_RATE, SECONDS
from studio.datasets.profile import DatasetProfile
from studio.modeling.audio.parameters import assets_of, parameters_of
from studio.modeling.recipe import Media, SampleIndex, Target
from studio.problems.contract import SuggestionContext
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_types
from studio.results.prediction import ROW
from studio.settings.choices import ChoiceContext
from studio.settings.sections.networks.speech_encoder import WHISPER_BASE
from studio.settings.sections.networks.wav2vec2 import SCRATCH_WAV2VEC2
from studio.settings.sections.networks.whisper import SCRATCH_WHISPER, TINY

KINDS = ("audio_classification", "audio_regression")
REFERENCE: dict[str, Any] = {
    "dataset.audio_column": "",
    "dataset.label_columns": [],
    "dataset.data_folder": ".",
    "dataset.unlabeled_dataframe": None,
    "audio.audio_parameters": "Auto",
    "audio.mel_frequency_bins": 128,
    "audio.minimum_frequency": 50,
    "audio.maximum_frequency": 16_000,
    "audio.hop_size": 512,
    "audio.stft_window_size": 2048,
    "audio.spectrogram_normalization": "No",
    "augmentation.mix_audio": "Disabled",
    "augmentation.mix_probability": 1.0,
    "augmentation.mix_concentration": 1.0,
    "augmentation.mix_iterations": 1,
    "augmentation.mix_target": "Ratio",
    "architecture.pretrained": True,
    "architecture.backbone": "resnet50",
    "architecture.freeze_encoder": False,
    "architecture.pool": "Average",
    "architecture.dropout": 0.0,
    "training.learning_rate": 1e-3,
    "training.batch_size": 32,
    "training.epochs": 5,
    "training.run_interpretations": True,
    "prediction.inference_chunk_method": "Fix",
    "prediction.max_inference_chunk_seconds": 600,
    "logging.number_of_audios": 8,
}
MANUAL = ("sample_rate", "mel_frequency_bins", "minimum_frequency", "maximum_frequency", "hop_size",
          "stft_window_size", "training_chunk_seconds")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_settings_and_defaults_are_those_of_the_reference(kind: str) -> None:
    settings = problem_types()[kind].model_types[0].settings
    plain = {key: list(one) if isinstance(one, tuple) else one for key, one in settings().flat().items()}
    by_hand = settings.from_mapping({"audio.audio_parameters": "Manual"}).visible()

    assert {key: plain.get(key, "missing") for key in REFERENCE} == REFERENCE
    assert all(f"audio.{name}" in by_hand and f"audio.{name}" not in settings().visible() for name in MANUAL)
    assert "prediction.inference_chunk_seconds" in settings().visible()
    full = settings.from_mapping({"prediction.inference_chunk_method": "Full"}).visible()
    assert "prediction.max_inference_chunk_seconds" in full
    assert "prediction.inference_chunk_seconds" not in full


BASE: dict[str, Any] = {
    "dataset.audio_column": "audio",
    "dataset.label_columns": ["label"],
    "audio.audio_parameters": "Manual",
    "audio.sample_rate": 4000,
    "audio.mel_frequency_bins": 64,
    "audio.maximum_frequency": 2000.0,
    "audio.hop_size": 64,
    "audio.stft_window_size": 256,
    "audio.training_chunk_seconds": 0.5,
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
}
CHANGES: dict[str, Any] = {
    "audio.audio_parameters": "Auto",
    "audio.sample_rate": 3000,
    "audio.mel_frequency_bins": 80,
    "audio.minimum_frequency": 300.0,
    "audio.maximum_frequency": 1000.0,
    "audio.hop_size": 100,
    "audio.stft_window_size": 512,
    "audio.training_chunk_seconds": 0.8,
    "audio.spectrogram": "PCEN",
    "audio.spectrogram_normalization": "Per sample",
    "augmentation.augmentations_strategy": "Hard",
    "augmentation.mix_audio": "Mixup",
    "architecture.pool": "Max",
    "architecture.dropout": 0.5,
    "training.loss_function": "MSE",
    "prediction.inference_chunk_method": "Full",
    "prediction.inference_chunk_seconds": 0.3,
}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    for number in range(2):
        generator = np.random.default_rng(number)
        times = np.arange(6000 + 2000 * number) / 8000
        sound = 0.4 * np.sin(2 * np.pi * (300 + 200 * number) * times) + 0.1 * generator.standard_normal(len(times))
        soundfile.write(str(folder / f"{number}.wav"), sound, 8000)
    return folder


def outcome(changes: dict[str, Any], folder: Path) -> tuple[float, ...]:
    """What the network in training and its answers come to by these settings."""
    torch.manual_seed(0)
    kind = problem_types()["audio_regression"]
    settings = kind.model_types[0].settings.from_mapping({**BASE, **changes})
    table = pd.DataFrame({"audio": ["0.wav", "1.wav"], "label": [-1.0, 2.0], ROW: [1, 2],
                          SECONDS: [0.75, 1.0], SAMPLE_RATE: [8000, 8000]})  # fmt: skip
    assets = recipe_class(kind).assets_of(settings, table)
    target = Target("regression", ("label",), {"mean_0": 0.0, "deviation_0": 1.0})
    recipe = recipe_class(kind)(settings, target, assets=assets)
    whole, chunks = (recipe.samples(table, Media(folder), training=training) for training in (False, True))
    model = recipe.model(None).eval()
    with torch.no_grad():
        answers = recipe.score(model, recipe.collate([whole[SampleIndex(row)] for row in range(2)]))
        model.train()
        batch = recipe.collate([chunks[SampleIndex(row, seed=row + 5)] for row in range(2)])
        loss = float(recipe.loss(model, recipe.mix(batch)))
    values = np.concatenate([np.ravel(one) for raw in answers.raw for one in raw.values()])
    return (*map(float, values), loss)


@pytest.mark.parametrize("key", CHANGES)
def test_every_setting_of_a_recording_has_an_effect(key: str, sounds: Path) -> None:
    assert outcome({}, sounds) == outcome({}, sounds)
    assert outcome({key: CHANGES[key]}, sounds) != outcome({}, sounds)


def test_the_longest_piece_of_a_full_prediction_has_an_effect(sounds: Path) -> None:
    full = {"prediction.inference_chunk_method": "Full", "audio.training_chunk_seconds": 0.2}
    # Pieces of a second hold both recordings, which are then heard in one piece.
    assert outcome(full, sounds)[:2] == outcome({**full, "prediction.max_inference_chunk_seconds": 2}, sounds)[:2]


def test_a_recording_is_predicted_as_if_it_were_alone(sounds: Path) -> None:
    kind = problem_types()["audio_regression"]
    settings = kind.model_types[0].settings.from_mapping({**BASE, "prediction.inference_chunk_method": "Full"})
    table = pd.DataFrame({"audio": ["0.wav", "1.wav"], "label": [0.0, 1.0], ROW: [1, 2]})
    target = Target("regression", ("label",), {"mean_0": 0.0, "deviation_0": 1.0})
    recipe = recipe_class(kind)(settings, target, assets=recipe_class(kind).assets_of(settings, table))
    samples, model = recipe.samples(table, Media(sounds), training=False), recipe.model(None).eval()

    with torch.no_grad():
        both = recipe.score(model, recipe.collate([samples[SampleIndex(row)] for row in range(2)])).raw
        alone = [recipe.score(model, recipe.collate([samples[SampleIndex(row)]])).raw[0] for row in range(2)]

    for one, other in zip(both, alone, strict=True):
        assert all(one[name] == pytest.approx(other[name], abs=1e-6) for name in one)


def test_automatic_parameters_are_those_of_most_recordings() -> None:
    settings = problem_types()["audio_classification"].model_types[0].settings()
    table = pd.DataFrame({SAMPLE_RATE: [22_050] * 3 + [8000], SECONDS: [1.0, 2.0, 3.0, 200.0]})

    found = parameters_of(assets_of(settings, table))

    assert (found.sample_rate, found.mel_bins, found.highest_hertz) == (22_050, 128, 11_025)
    assert found.chunk_seconds == 60
    assert "22,050 Hz" in found.describe()
    assert "60 s" in found.describe()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"audio.minimum_frequency": 3000.0}, "audio.minimum_frequency"),
        ({"audio.stft_window_size": 4096}, "audio.stft_window_size"),
        ({"audio.hop_size": 300}, "audio.hop_size"),
    ],
)
def test_what_does_not_go_together_is_said_at_its_setting(changes: dict[str, Any], path: str) -> None:
    settings = problem_types()["audio_classification"].model_types[0].settings.from_mapping({**BASE, **changes})

    found = {one.path for one in settings.contradictions(ChoiceContext())}

    assert path in found


SPEECH: dict[str, Any] = {
    "dataset.audio_column": "audio",
    "dataset.label_columns": ["label"],
    "audio.audio_parameters": "Manual",
    "audio.training_chunk_seconds": 0.5,
    "architecture.backbone": SCRATCH_WHISPER,
    "architecture.pretrained": False,
}
SPEECH_CHANGES: dict[str, Any] = {
    "audio.audio_parameters": "Auto",
    "audio.training_chunk_seconds": 0.8,
    "augmentation.augmentations_strategy": "Hard",
    "augmentation.mix_audio": "Mixup",
    "architecture.backbone": SCRATCH_WAV2VEC2,
    "architecture.pool": "Max",
    "architecture.dropout": 0.5,
    "prediction.inference_chunk_method": "Full",
    "prediction.inference_chunk_seconds": 0.3,
}


@pytest.mark.parametrize("key", SPEECH_CHANGES)
def test_every_setting_that_a_speech_encoder_shows_has_an_effect(key: str, sounds: Path) -> None:
    assert outcome({**SPEECH, key: SPEECH_CHANGES[key]}, sounds) != outcome(SPEECH, sounds)


@pytest.mark.parametrize("kind", KINDS)
def test_a_speech_encoder_hides_what_only_spectrograms_have(kind: str) -> None:
    settings = problem_types()[kind].model_types[0].settings
    by_hand = {"audio.audio_parameters": "Manual"}

    spectrograms = settings.from_mapping(by_hand).visible()
    speech = settings.from_mapping({**by_hand, "architecture.backbone": "team/hears"}).visible()

    hidden = {f"audio.{name}" for name in MANUAL if name != "training_chunk_seconds"}
    hidden |= {"audio.spectrogram", "audio.spectrogram_normalization", "architecture.batch_normalization"}
    assert spectrograms - speech == hidden
    assert speech - spectrograms == {"architecture.freeze_encoder"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"audio.training_chunk_seconds": 31.0}, "audio.training_chunk_seconds"),
        ({"prediction.inference_chunk_seconds": 31.0}, "prediction.inference_chunk_seconds"),
        ({"prediction.inference_chunk_method": "Full"}, "prediction.max_inference_chunk_seconds"),
        ({"architecture.pretrained": True}, "architecture.pretrained"),
        ({"architecture.freeze_encoder": True}, "architecture.freeze_encoder"),
    ],
)
def test_what_no_speech_encoder_can_do_is_said_at_its_setting(changes: dict[str, Any], path: str) -> None:
    settings = problem_types()["audio_classification"].model_types[0].settings

    found = {one.path for one in settings.from_mapping({**SPEECH, **changes}).contradictions(ChoiceContext())}

    assert found == {path}


@pytest.mark.parametrize(
    ("installed", "rows", "seconds", "gpus", "backbone", "is_frozen"),
    [
        ((TINY,), 480, 0.7, 0, TINY, False),
        ((TINY, WHISPER_BASE), 480, 5.0, 0, TINY, True),
        ((TINY,), 480, 5.0, 1, TINY, False),
        ((WHISPER_BASE,), 480, 5.0, 0, WHISPER_BASE, True),
        ((TINY,), 50_000, 0.7, 0, "resnet50", False),
        ((), 480, 0.7, 0, "resnet50", False),
    ],
)
def test_few_recordings_of_classes_get_a_speech_encoder_that_is_frozen_where_training_it_takes_long(
    installed: tuple[str, ...], rows: int, seconds: float, gpus: int, backbone: str, is_frozen: bool
) -> None:
    kind = problem_types()["audio_classification"]
    settings = kind.model_types[0].settings()
    profile = DatasetProfile().with_parts(AudioPart(long_seconds=seconds))
    context = SuggestionContext(profile, rows, gpu_count=gpus, cores=2, packaged_weights=installed)

    changes = kind.suggest(settings, context)

    suggested = settings.replaced({change.key: change.value for change in changes})
    assert suggested.value("architecture.backbone") == backbone
    assert suggested.value("architecture.freeze_encoder") == is_frozen
    assert all(change.reason for change in changes)
    assert not {change.key for change in changes} - suggested.visible()
