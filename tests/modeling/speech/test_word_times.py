"""When words are said, by the path of least cost through what the decoder looks at."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from studio.bundled_weights import PACKAGED_SPEECH_MODELS
from studio.modeling.hub_models.files import find_model_files
from studio.modeling.speech.word_times import first_places, following_heads, word_times
from studio.modeling.transcription.transcripts import ENDS, STARTS, TEXT
from studio.settings.sections.networks.whisper import TINY
from tests.modeling.speech.models import RATE, make_recipe, score

CLIP = Path(__file__).parents[4] / "shared" / "data" / "speech_recognition__ljspeech"


def cheapest(costs: np.ndarray) -> float:
    """Of all paths by single steps, by trying them."""
    rows, places = costs.shape
    best = np.inf
    for length in range(max(rows, places) - 1, rows + places - 1):
        for steps in itertools.product([(1, 0), (0, 1), (1, 1)], repeat=length):
            path = np.cumsum([(0, 0), *steps], 0)
            if tuple(path[-1]) == (rows - 1, places - 1):
                best = min(best, float(sum(costs[row, place] for row, place in path)))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_path_costs_least_of_all(seed: int) -> None:
    costs = np.random.default_rng(seed).normal(size=(3, 4))

    first = first_places(costs)

    # The path goes along each row to where the next one begins, or to one place before it.
    ways = []
    for diagonal in itertools.product([0, 1], repeat=2):
        ends = [first[row + 1] - diagonal[row] for row in range(2)] + [3]
        if all(end >= begin for begin, end in zip(first, ends, strict=True)):
            spans = zip(costs, first, ends, strict=True)
            ways.append(sum(float(row[begin : end + 1].sum()) for row, begin, end in spans))
    assert first == sorted(first)
    assert min(ways) == pytest.approx(cheapest(costs))


def test_words_are_said_where_the_decoder_looks() -> None:
    """Five pieces of ten places each, the second and third of one word, and the end."""
    weights = np.full((2, 6, 60), 0.01, dtype=np.float32)
    for row in range(6):
        weights[:, row, row * 10 : row * 10 + 10] = 1.0

    times = word_times(weights, ["\u0120one", "\u0120tw", "o", "\u0120three", "\u0120four"], 0.02)

    np.testing.assert_allclose(times, [(0, 0.2), (0.2, 0.6), (0.6, 0.8), (0.8, 1.0)], atol=0.041, equal_nan=False)
    assert word_times(weights, [], 0.02) == []


def test_heads_are_those_of_the_model_or_of_its_upper_half() -> None:
    sizes: dict[str, Any] = {"decoder_layers": 4, "decoder_attention_heads": 2}

    assert following_heads({**sizes, "alignment_heads": [[1, 0], [3, 1]]}) == [(1, 0), (3, 1)]
    assert following_heads(sizes) == following_heads({**sizes, "alignment_heads": [[9, 0]]})
    assert following_heads(sizes) == [(2, 0), (2, 1), (3, 0), (3, 1)]


@pytest.mark.shared
@pytest.mark.skipif(PACKAGED_SPEECH_MODELS[TINY].path() is None, reason="the packaged Whisper is not installed")
@pytest.mark.skipif(not CLIP.is_dir(), reason="the shared data is not beside this repository")
def test_boundaries_of_words_are_those_that_the_library_finds(tmp_path: Path) -> None:
    from transformers import WhisperForConditionalGeneration

    table = pd.read_csv(CLIP / "test.csv").head(1).rename(columns={"text": "transcript"})
    samples, rate = soundfile.read(str(CLIP / "audios" / table["audio"][0]), dtype="float32")
    soundfile.write(str(tmp_path / table["audio"][0]), samples, rate)
    recipe: Any = make_recipe(
        "whisper", table, architecture__backbone=TINY, architecture__pretrained=True, prediction__max_length=100
    )
    model = recipe.model(recipe.find_weights(TINY)).eval()
    folder = find_model_files(TINY, {"whisper"}, "").folder
    library = WhisperForConditionalGeneration.from_pretrained(folder, attn_implementation="eager")

    raw = score(recipe, model, table, tmp_path, [0]).raw[0]
    with torch.inference_mode():
        features = model.features(torch.from_numpy(samples)[None])
        told = library.generate(features, return_token_timestamps=True, num_frames=torch.tensor([len(samples) // 160]))

    theirs = np.array(told["token_timestamps"][0].tolist())
    nearest = np.abs(raw[STARTS][:, None] - theirs[None]).min(1)
    assert rate == RATE
    assert len(raw[STARTS]) == len(str(raw[TEXT]).split()) > 15
    assert bool((raw[STARTS][1:] >= raw[STARTS][:-1]).all())
    assert bool((raw[ENDS] >= raw[STARTS]).all())
    assert float((nearest < 0.05).mean()) > 0.85
