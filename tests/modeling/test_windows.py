"""Windows cover everything, share no more than allowed, and are never too large."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from studio.modeling.text.tokens.windows import in_portions, own_parts, window_bounds


@pytest.mark.parametrize("seed", range(20))
def test_windows_cover_all_parts_and_share_no_more_than_allowed(seed: int) -> None:
    generator = np.random.default_rng(seed)
    room = int(generator.integers(4, 30))
    shared = int(generator.integers(0, room))
    sizes = generator.integers(1, room + 1, int(generator.integers(1, 80)))

    bounds = window_bounds(sizes, room, shared)
    own = own_parts(bounds)

    assert all(0 < sizes[first:stop].sum() <= room for first, stop in bounds)
    assert bounds[0][0] == 0
    assert bounds[-1][1] == len(sizes)
    for before, after in pairwise(bounds):
        assert before[0] < after[0] <= before[1] < after[1]
        assert sizes[after[0] : before[1]].sum() <= shared
    assert [part for first, stop in own for part in range(first, stop)] == list(range(len(sizes)))
    assert all(
        first <= mine < stop
        for (first, stop), (start, end) in zip(bounds, own, strict=True)
        for mine in range(start, end)
    )


def test_single_tokens_are_windowed_as_in_question_answering() -> None:
    assert window_bounds(np.ones(10, int), 4, 2) == [(0, 4), (2, 6), (4, 8), (6, 10)]
    assert window_bounds(np.ones(10, int), 4, 0) == [(0, 4), (4, 8), (8, 10)]
    assert window_bounds(np.zeros(0, int), 4, 2) == [(0, 0)]


def test_own_parts_end_in_the_middle_of_what_is_shared() -> None:
    assert own_parts([(0, 6), (2, 8)]) == [(0, 4), (4, 8)]


def test_portions_say_what_the_whole_says() -> None:
    model = torch.nn.Linear(3, 2)
    inputs = torch.randn(7, 3)

    torch.testing.assert_close(in_portions(model, 3, inputs), model(inputs))
