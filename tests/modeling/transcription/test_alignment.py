"""Errors of transcripts against an independent count, and where nothing is said."""

import random

import numpy as np
import pytest

from studio.modeling.transcription.alignment import Errors, aligned, character_errors, total, word_errors


def distance(reference: list[str], transcript: list[str]) -> int:
    """The fewest substitutions, deletions and insertions, by the textbook."""
    rows = np.zeros((len(reference) + 1, len(transcript) + 1), dtype=int)
    rows[:, 0], rows[0] = range(len(reference) + 1), range(len(transcript) + 1)
    for i, one in enumerate(reference):
        for j, other in enumerate(transcript):
            rows[i + 1, j + 1] = min(rows[i, j + 1] + 1, rows[i + 1, j] + 1, rows[i, j] + (one != other))
    return int(rows[-1, -1])


def changes(errors: Errors) -> int:
    return errors.substitutions + errors.deletions + errors.insertions


def test_errors_are_the_fewest_changes_and_add_up() -> None:
    generator = random.Random(3)
    pairs = [[" ".join(generator.choices("abcd", k=generator.randrange(8))) for _ in range(2)] for _ in range(200)]
    references, transcripts = [one for one, _ in pairs], [other for _, other in pairs]

    words, characters = word_errors(references, transcripts), character_errors(references, transcripts)

    for (reference, transcript), of_words, of_characters in zip(pairs, words, characters, strict=True):
        assert changes(of_words) == distance(reference.split(), transcript.split())
        assert changes(of_characters) == distance(list(reference), list(transcript))
        assert of_words.reference == len(reference.split())
        assert of_words.hits + of_words.substitutions + of_words.insertions == len(transcript.split())


@pytest.mark.parametrize(
    ("reference", "transcript", "rate"),
    [("", "", 0.0), ("", "you", 1.0), ("", "thank you", 2.0), ("one two", "", 1.0), ("one", "one two three", 2.0)],
)
def test_rates_are_defined_where_nothing_is_said_or_written(reference: str, transcript: str, rate: float) -> None:
    assert word_errors([reference], [transcript])[0].rate == rate


def test_rates_of_many_weigh_by_the_words_of_their_references() -> None:
    errors = word_errors(["a b c d", "e"], ["a b c d", "x"])

    assert total(errors).rate == pytest.approx(1 / 5)
    assert total(errors) == Errors(hits=4, substitutions=1)
    assert word_errors([], []) == character_errors([], []) == []


def test_words_stand_side_by_side_even_where_they_are_empty() -> None:
    steps = list(aligned(["a", "", "c"], ["a", "b", "", "c"]))

    assert [(one.reference, one.transcript, one.is_hit) for one in steps] == [
        (0, 0, True),
        (None, 1, False),
        (1, 2, True),
        (2, 3, True),
    ]
