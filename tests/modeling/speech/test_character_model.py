"""The language model of characters: probabilities by their definition, and what it does to beam search."""

import math
from collections import Counter
from fractions import Fraction

import jiwer
import numpy as np
import pytest

from studio.errors import WeightsError
from studio.modeling.speech.character_model import ORDER, CharacterModel
from studio.modeling.speech.ctc_decoding import beam_search
from studio.modeling.speech.vocabulary import Vocabulary

SENTENCES = [
    "the ship sails to the old harbour",
    "she sells fresh fish in the harbour",
    "the old ship needs fresh sails",
    "he needs fish and bread on the ship",
]


def counted(texts: list[str]) -> tuple[CharacterModel, Vocabulary]:
    vocabulary = Vocabulary.of_texts(texts)
    numbers = [vocabulary.encode(text).tolist() for text in texts]
    return CharacterModel.of_texts(numbers, len(vocabulary), vocabulary.between_words), vocabulary


def by_definition(texts: list[list[int]], size: int, boundary: int, context: list[int], number: int) -> Fraction:
    """Witten and Bell's interpolation in whole numbers, counted anew for every question."""
    followers: Counter[int] = Counter()
    for text in texts:
        signs = [boundary, *text, boundary]
        for place in range(len(signs) - len(context)):
            if signs[place : place + len(context)] == context:
                followers[signs[place + len(context)]] += 1
    shorter = by_definition(texts, size, boundary, context[1:], number) if context else Fraction(1, size)
    if not followers:
        return shorter
    return (followers[number] + len(followers) * shorter) / (followers.total() + len(followers))


def test_probabilities_are_those_of_witten_and_bell() -> None:
    model, vocabulary = counted(SENTENCES)
    texts = [vocabulary.encode(text).tolist() for text in SENTENCES]
    size, boundary = len(vocabulary), vocabulary.between_words
    for before in ("", "the old sh", "fresh bre", "xylo", "s"):
        history = vocabulary.encode(before).tolist()
        context = [boundary, *history][-(ORDER - 1) :]
        for number in range(size):
            expected = float(by_definition(texts, size, boundary, context, number))
            assert model.log_probability(history, number) == pytest.approx(math.log(expected), rel=1e-12)


def test_all_characters_after_a_text_are_one_together() -> None:
    model, vocabulary = counted(SENTENCES)
    total = sum(math.exp(model.log_probability(vocabulary.encode("the sh"), one)) for one in range(len(vocabulary)))

    assert total == pytest.approx(1, abs=1e-12)


def test_it_is_read_as_it_was_written() -> None:
    model, _ = counted(SENTENCES)

    assert CharacterModel.from_bytes(model.to_bytes()) == model


@pytest.mark.parametrize("content", [b"", b"[]", b'{"counts": {"a": {"b": 1}}}', b'{"counts": 3}'])
def test_another_file_in_its_place_is_refused(content: bytes) -> None:
    with pytest.raises(WeightsError, match="no counts"):
        CharacterModel.from_bytes(content)


def test_texts_that_read_like_the_transcripts_win_where_the_ear_is_unsure() -> None:
    """Every character is heard for three moments, and confused with another at one in five."""
    model, vocabulary = counted(SENTENCES * 2)
    generator = np.random.default_rng(3)
    said = ["she needs the old harbour", "fresh bread and fish", "he sails the ship to the harbour"]
    plain, helped = [], []
    for text in said:
        values = np.full((0, len(vocabulary)), 0.0)
        for number in vocabulary.encode(text).tolist():
            moments = generator.normal(0, 1, size=(3, len(vocabulary)))
            moments[:2, number] += 5
            moments[:2, generator.integers(3, len(vocabulary))] += 5 if generator.random() < 0.4 else 0
            moments[2, vocabulary.blank] += 6
            values = np.concatenate([values, moments])
        log_probabilities = (values - np.log(np.exp(values).sum(1, keepdims=True))).astype(np.float32)

        def gain(before: tuple[int, ...], number: int) -> float:
            return 1.0 * (model.log_probability(before, number) - model.mean)

        plain.append(vocabulary.decode(beam_search(log_probabilities, vocabulary.blank, 20).numbers))
        helped.append(vocabulary.decode(beam_search(log_probabilities, vocabulary.blank, 20, gain).numbers))

    assert jiwer.wer(said, helped) < jiwer.wer(said, plain) / 2
