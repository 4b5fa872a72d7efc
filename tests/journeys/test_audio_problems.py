"""Audio classification and regression on real recordings, by the suggested recipe, to predictions that say the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from studio.bundled_weights import PACKAGED_SPEECH_MODELS
from studio.settings.sections.networks.whisper import TINY

Studio = Callable[..., Any]

pytestmark = [pytest.mark.heavy, pytest.mark.figures, pytest.mark.shared]


def trained(studio: Studio, source: Path, kind: str, config: Path, *options: str) -> dict[str, Any]:
    """The metrics on the test rows of the suggested recipe."""
    imported = studio("dataset", "import", source, "--name", "recordings")
    assert imported["problem_type"] == kind
    studio("config", "new", kind, "--dataset", "recordings", "--suggest",
           "--set", "environment.seed=1", *options, "-o", config)  # fmt: skip
    shown = studio("run", config, "--name", "heard", "--wait", timeout=1200)
    metrics: dict[str, Any] = shown["runs"][0]["metrics"]["test"]
    return metrics


@pytest.mark.skipif(PACKAGED_SPEECH_MODELS[TINY].path() is None, reason="the packaged Whisper is not installed")
def test_spoken_digits_are_told_apart(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """Ten digits of six speakers; the most frequent one is right for a tenth of the recordings."""
    source = shared_data / "audio_classification__spoken_digits"

    metrics = trained(studio, source, "audio_classification", tmp_path / "digits.yaml",
                      "--set", "prediction.metric=Accuracy")  # fmt: skip

    assert metrics["Accuracy"] >= 0.99
    studio("predict", "heard", "--table", source / "test.csv", "--media", source / "audios",
           "-o", tmp_path / "predictions.csv")  # fmt: skip
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert float((table["pred_label"] == table["label"]).mean()) == pytest.approx(metrics["Accuracy"], abs=1e-9)


def test_the_pitch_of_unheard_keys_is_measured(studio: Studio, shared_data: Path, tmp_path: Path) -> None:
    """Every sixth key of a piano is heard in the test only; frozen features with a linear model are off by 4.78."""
    source = shared_data / "audio_regression__piano_pitch"

    metrics = trained(studio, source, "audio_regression", tmp_path / "piano.yaml")

    assert metrics["MAE"] < 4.78
