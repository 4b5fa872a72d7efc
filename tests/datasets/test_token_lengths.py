"""Lengths of texts in tokens: counted, estimated, and summed up without losing what settings ask."""

import csv
from pathlib import Path

import numpy as np
import pytest

from studio.datasets.texts.token_lengths import EXACT, MAX_ROWS, counter, estimate, rounded_up, text_lengths
from studio.settings.sections.text_checks import percent, share_longer

SHARED = Path(__file__).parents[3] / "shared" / "data"
SETS = ("text_classification__banking77", "text_classification__email_spam", "text_regression__emobank")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not beside this repository")
@pytest.mark.skipif(not counter()[0], reason="no tokenizer is installed")
@pytest.mark.parametrize("name", SETS)
def test_estimates_are_near_the_counts_of_a_real_tokenizer(name: str) -> None:
    with (SHARED / name / "test.csv").open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    count = counter()[1]

    counted = np.array([count(text) for text in texts])
    estimated = np.array([estimate(text) for text in texts])

    assert abs(estimated.sum() / counted.sum() - 1) < 0.1
    assert np.corrcoef(counted, estimated)[0, 1] > 0.93


def test_counted_tokens_have_their_special_ones_and_no_limit() -> None:
    name, count = counter()

    assert count("hello") == 3
    assert count("hello " * 1000) == 1002
    assert count("[SEP]") > 3 or not name, "words that look like special tokens are letters"


def test_shares_are_exact_where_lengths_are_chosen() -> None:
    lengths = [5, 64, 65, 128, 129, 512, 513, 900]
    counts = [(rounded_up(one), 1) for one in lengths]

    for limit in (64, 128, 256, EXACT):
        assert share_longer(counts, limit) == sum(one > limit for one in lengths) / len(lengths)


def test_very_many_texts_are_sampled_and_very_long_ones_extrapolated() -> None:
    many = text_lengths(["a b"] * (MAX_ROWS + 5))
    long = text_lengths(["word " * 200_000])

    assert many.rows == MAX_ROWS + 5
    assert sum(rows for _, rows in many.counts) == MAX_ROWS
    assert 190_000 < long.counts[0][0] < 210_000


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.0004, "less than 0.1 %"), (0.125, "12.5 %"), (0.9999, "more than 99.9 %"), (1.0, "100 %")],
)
def test_a_share_is_never_rounded_to_none_or_all(share: float, words: str) -> None:
    assert percent(share).lower() == words
