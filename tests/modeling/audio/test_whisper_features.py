"""Whisper's spectrogram is that of the transformers library, whatever the length and the number of bands."""

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from studio.modeling.audio.whisper_features import SAMPLE_RATE, WhisperFeatures


@pytest.mark.parametrize("bins", [80, 128])
@pytest.mark.parametrize("seconds", [0.05, 1.3, 30.0])
def test_spectrograms_are_those_of_the_library(bins: int, seconds: float) -> None:
    generator = np.random.default_rng(0)
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    audio = (0.3 * np.sin(2 * np.pi * 440 * times) + 0.02 * generator.standard_normal(len(times))).astype(np.float32)
    library = WhisperFeatureExtractor(feature_size=bins)

    expected = library(audio, sampling_rate=SAMPLE_RATE, return_tensors="np")["input_features"]
    found = WhisperFeatures(bins, 30 * SAMPLE_RATE)(torch.from_numpy(audio[None]))

    assert found.shape == expected.shape
    assert float(np.abs(found.numpy() - expected).max()) < 1e-4


def test_a_recording_is_heard_the_same_beside_a_louder_one() -> None:
    generator = np.random.default_rng(0)
    quiet = torch.from_numpy(generator.standard_normal((1, 8000), dtype=np.float32)) * 0.01
    features = WhisperFeatures(80, SAMPLE_RATE)

    together = features(torch.cat([quiet, quiet * 50]))

    torch.testing.assert_close(together[:1], features(quiet), rtol=0, atol=1e-6)
