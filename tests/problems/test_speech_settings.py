"""What speech recognition declares: the settings of the product's reference, their defaults, and what each changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, Recipe, SampleIndex
from studio.problems.registry import problem_type
from studio.settings.choices import ChoiceContext, Column
from studio.settings.finding import FindingLevel
from studio.settings.sections.inputs.speech import LONGEST_FACT
from tests.modeling.speech.models import make_recipe, score, write_recordings

KIND = problem_type("speech_recognition")
REFERENCE: dict[str, Any] = {
    "dataset.data_folder": ".",
    "dataset.unlabeled_dataframe": None,
    "dataset.label_columns": "",
    "dataset.audio_column": "",
    "audio.sample_rate": 16_000,
    "architecture.pretrained": True,
    "architecture.gradient_checkpointing": False,
    "architecture.freeze_encoder": False,
    "training.learning_rate": 1e-5,
    "training.batch_size": 1,
    "training.epochs": 3,
    "training.evaluate_before_training": True,
    "prediction.metric": "WER",
    "prediction.normalize_text": True,
    "prediction.duration_in_visualizations": 60,
    "logging.number_of_audios": 8,
}
OF_WHISPER: dict[str, Any] = {
    "architecture.backbone": "openai/whisper-base.en",
    "architecture.language": "en",
    "prediction.suppress_default_tokens": False,
}
ABSENT = ("training.loss_function", "augmentation.augmentations_strategy", "training.run_interpretations")
"""The model type fixes the loss, nothing is augmented, nothing explained."""


@pytest.mark.parametrize("model", ["whisper", "wav2vec2"])
def test_settings_and_defaults_are_those_of_the_reference(model: str) -> None:
    settings = KIND.model_type(model).settings()
    expected = REFERENCE | (OF_WHISPER if model == "whisper" else {})
    plain = settings.flat()

    assert {key: plain.get(key, "missing") for key in expected} == expected
    assert not [key for key in ABSENT if key in plain]
    assert model == "whisper" or not {"architecture.language", "prediction.suppress_default_tokens"} & plain.keys()
    assert settings.is_useful_untrained
    zero = KIND.model_type(model).settings.from_mapping({"training.epochs": 0})
    assert zero.value("training.epochs") == 0
    assert [one.name for one in KIND.metrics] == ["WER", "CER"]


CHANGES: dict[str, dict[str, Any]] = {
    "whisper": {
        "audio.sample_rate": 12_000,
        "audio.window_seconds": 1.0,
        "architecture.backbone": "scratch/whisper-mini",
        "architecture.language": "de",
        "prediction.normalize_text": False,
        "prediction.num_beams": 4,
        "prediction.max_length": 3,
        "prediction.suppress_default_tokens": True,
        "prediction.temperature_fallback": False,
    },
    "wav2vec2": {
        "audio.sample_rate": 12_000,
        "audio.max_training_seconds": 0.6,
        "prediction.normalize_text": False,
        "prediction.num_beams": 20,
        "prediction.language_model": "Training transcripts",
        "prediction.language_model_weight": 3.0,
        "prediction.inference_chunk_seconds": 2.0,
        "prediction.chunk_overlap_seconds": 0.5,
        "prediction.duration_in_visualizations": 1,
    },
}
UNSEEN = {"architecture.backbone", "architecture.language"}
"""There is one architecture from scratch. A language is told to models of many, and decides the normalization."""
BESIDE: dict[str, dict[str, Any]] = {
    "prediction.chunk_overlap_seconds": {"prediction.inference_chunk_seconds": 3.0},
    "prediction.num_beams": {"prediction.temperature_fallback": False},
    "prediction.language_model": {"prediction.num_beams": 8},
    "prediction.language_model_weight": {
        "prediction.num_beams": 8,
        "prediction.language_model": "Training transcripts",
    },
}
"""What else must be set for a setting to matter."""


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, Path]:
    folder = tmp_path_factory.mktemp("recordings")
    return write_recordings(folder, (0.7, 0.4, 5.3)), folder


def outcome(model: str, changes: dict[str, Any], table: pd.DataFrame, folder: Path) -> tuple[Any, ...]:
    """What a random model learns from and answers, and what a page shows of it."""
    dotted = {key.replace(".", "__"): value for key, value in changes.items()}
    recipe: Recipe[Any] = make_recipe(model, table, **dotted)
    torch.manual_seed(0)
    network = recipe.model(None).eval()
    with torch.no_grad():
        # Random weights are small: what is written would hardly depend on what was written before.
        for one in network.parameters():
            one.mul_(4)
    scored = score(recipe, network, table, folder, [0, 1, 2])
    whole = ScoredTable(table, tuple(scored.raw), scored.losses)
    samples = recipe.samples(table, Media(folder), training=True)
    words = [len(row.view.prediction.words) for row in recipe.sample_rows(whole, Media(folder))]  # type: ignore[union-attr]
    rounded = [np.round(losses, 4).tolist() for losses in [scored.losses] if losses is not None]
    return (
        recipe.columns(whole).round(4).to_dict("list"),
        {name: round(value, 6) for name, value in recipe.metrics(whole).items()},
        str(rounded),
        len(samples),
        len(samples[SampleIndex(0)].windows[0]),
        words,
    )


@pytest.mark.parametrize(
    ("model", "key"), [(model, key) for model, keys in CHANGES.items() for key in keys if key not in UNSEEN]
)
def test_every_setting_of_speech_has_an_effect(model: str, key: str, recordings: tuple[pd.DataFrame, Path]) -> None:
    table, folder = recordings
    known = KIND.model_type(model).settings.fields()
    base = {name: value for name, value in BESIDE.get(key, {}).items() if name in known}

    before, same = (outcome(model, base, table, folder) for _ in range(2))

    assert before == same
    assert outcome(model, {**base, key: CHANGES[model][key]}, table, folder) != before


@pytest.mark.parametrize(
    ("changes", "path", "level"),
    [
        ({"architecture.language": "de"}, "architecture.language", FindingLevel.ERROR),
        ({"audio.sample_rate": 8000}, "audio.sample_rate", FindingLevel.WARNING),
        ({"architecture.backbone": "scratch/whisper-mini"}, "architecture.pretrained", FindingLevel.WARNING),
        ({}, "dataset.label_columns", FindingLevel.ERROR),
        ({"audio.window_seconds": 12.0}, "audio.window_seconds", FindingLevel.WARNING),
    ],
)
def test_what_does_not_go_together_is_said_at_its_setting(
    changes: dict[str, Any], path: str, level: FindingLevel
) -> None:
    settings = KIND.model_type("whisper").settings.from_mapping({"dataset.train_dataframe": "train", **changes})
    context = ChoiceContext(columns=(Column("audio", "file"), Column("transcript", "text")), facts={LONGEST_FACT: 20.0})

    found = {one.path: one.level for one in settings.contradictions(context)}

    assert found[path] == level
