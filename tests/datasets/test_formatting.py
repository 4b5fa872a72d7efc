"""Values in findings: short, on one line, and told apart from words of the finding."""

from collections.abc import Iterator

import numpy as np
import pytest

from studio.datasets.formatting import LONGEST, counted, excerpt, listed, quoted


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("high", "'high'"),
        ("b ", "'b '"),
        ("a\nb\u200b", "'a\\nb\\u200b'"),
        (None, "an empty cell"),
        (float("nan"), "an empty cell"),
        (np.float32(0.5), "0.5"),
        (7, "7"),
        (["a", 1], "['a', 1]"),
    ],
)
def test_a_value_is_shown_as_it_would_be_typed(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_half_a_character_can_be_written_to_a_file() -> None:
    assert quoted("\ud800").encode() == b"'\\ud800'"


def test_a_list_names_each_value_once_and_says_that_there_are_more() -> None:
    assert listed(["a", "a", "b"]) == "'a', 'b'"
    assert listed("abcd") == "'a', 'b', 'c', ..."
    assert listed([]) == ""


def test_a_list_looks_no_further_than_it_shows() -> None:
    def values() -> Iterator[str]:
        yield from "abcd"
        raise AssertionError("the fifth value was asked for")

    assert listed(values()) == "'a', 'b', 'c', ..."


def test_long_values_are_cut() -> None:
    assert len(listed(["x" * 5_000_000, "y" * 500])) == LONGEST
    assert excerpt("word " * 2_000_000).endswith("...")
    assert len(excerpt("word " * 2_000_000)) <= 60


def test_numbers_agree_with_their_nouns() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(20_000, "column") == "20,000 columns"
    assert counted(0, "class", "classes") == "0 classes"
