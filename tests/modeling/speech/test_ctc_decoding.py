"""CTC decoding against the definition: the sum over all paths, and the collapse of one."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.modeling.speech.ctc_decoding import beam_search, greedy, needed_frames
from studio.modeling.speech.vocabulary import Vocabulary
from studio.modeling.transcription.ctc_recipe import word_times

BLANK = 0


def collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(number for number, _ in itertools.groupby(path) if number != BLANK)


def random_log_probabilities(frames: int, outputs: int, seed: int) -> NDArray[np.float32]:
    values = np.random.default_rng(seed).normal(size=(frames, outputs)) * 2
    return (values - np.log(np.exp(values).sum(1, keepdims=True))).astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_text_whose_paths_are_likeliest_together(seed: int) -> None:
    values = random_log_probabilities(5, 4, seed)
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for path in itertools.product(range(4), repeat=5):
        sums[collapsed(path)] += math.exp(sum(values[frame, number] for frame, number in enumerate(path)))

    found = beam_search(values, BLANK, 400)

    assert sums[found.numbers] == pytest.approx(max(sums.values()), rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_greedy_collapses_the_likeliest_path(seed: int) -> None:
    values = random_log_probabilities(30, 5, seed)

    found = greedy(values, BLANK)

    assert found.numbers == collapsed(tuple(int(one) for one in values.argmax(1)))
    assert [int(values[frame].argmax()) for frame in found.frames] == list(found.numbers)


def test_where_one_path_is_sure_beams_of_any_width_agree_with_greedy() -> None:
    path = (0, 1, 1, 0, 1, 2, 2, 0, 3)
    values = np.full((len(path), 4), -9.0, dtype=np.float32)
    values[range(len(path)), path] = -0.001

    assert beam_search(values, BLANK, 1) == beam_search(values, BLANK, 20) == greedy(values, BLANK)


def test_nothing_is_heard_in_no_frames() -> None:
    nothing = np.zeros((0, 4), dtype=np.float32)

    assert greedy(nothing, BLANK).numbers == beam_search(nothing, BLANK, 3).numbers == ()


def test_equal_neighbours_need_a_frame_more() -> None:
    assert needed_frames([1, 2, 2, 3]) == 5
    assert needed_frames([]) == 0


def test_words_are_heard_from_their_first_to_their_last_character() -> None:
    vocabulary = Vocabulary.of_texts(["ab cd"])
    path = [0, *vocabulary.encode("ab").tolist(), 0, 2, 0, *vocabulary.encode("cd").tolist()]
    values = np.full((len(path), len(vocabulary)), -9.0, dtype=np.float32)
    values[range(len(path)), path] = 0

    decoded = greedy(values, vocabulary.blank)

    assert vocabulary.decode(decoded.numbers) == "ab cd"
    assert np.allclose(word_times(decoded, vocabulary, 0.02), [(0.02, 0.06), (0.12, 0.16)], atol=1e-9)
