"""A vocabulary has every character of the texts it is made of, or is that of a model."""

import json

import pytest

from studio.errors import WeightsError
from studio.modeling.speech.vocabulary import Vocabulary

UPPER = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4, "E": 5, "N": 6, "D": 7}


def test_texts_come_back_from_the_characters_made_of_them() -> None:
    texts = ["don't go", "über 7 straßen", "  two   blanks "]

    vocabulary = Vocabulary.of_texts(texts)

    assert [vocabulary.decode(vocabulary.encode(text).tolist()) for text in texts] == [
        "don't go",
        "über 7 straßen",
        "two blanks",
    ]
    assert Vocabulary.from_bytes(vocabulary.to_bytes(), "here").numbers == vocabulary.numbers


def test_a_vocabulary_of_capitals_takes_and_gives_small_letters() -> None:
    vocabulary = Vocabulary.from_bytes(json.dumps(UPPER).encode(), "there")

    assert vocabulary.decode(vocabulary.encode("end need").tolist()) == "end need"
    assert vocabulary.unknown_in("end") == []


def test_a_vocabulary_with_square_brackets_and_fewer_outputs_than_the_model_is_read() -> None:
    """As of many models of other languages: the model has outputs for signs that stand in another file."""
    vocabulary = Vocabulary.from_bytes(json.dumps({"[PAD]": 2, "[UNK]": 1, "|": 0, "a": 3}).encode(), "there")

    assert vocabulary.blank == 2
    assert vocabulary.encode("a x").tolist() == [3, 0, 1]
    assert vocabulary.decode([3, 9, 1, 0, 3]) == "a a"


def test_unknown_characters_are_named_and_marked() -> None:
    vocabulary = Vocabulary.of_texts(["ab"])

    assert vocabulary.unknown_in("a cab") == ["c"]
    assert vocabulary.encode("c").tolist() == [vocabulary.numbers["<unk>"]]
    assert vocabulary.decode(vocabulary.encode("acb").tolist()) == "ab"


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[]",
        b'{"<pad>": 0, "a": 1}',
        b'{"<pad>": 0, "|": 5}',
        b'{"<pad>": "x", "|": 1}',
        b'{"<pad>": [0], "|": 1}',
    ],
)
def test_what_is_no_vocabulary_is_refused(content: bytes) -> None:
    with pytest.raises(WeightsError, match=r"vocab\.json of 'broken'"):
        Vocabulary.from_bytes(content, "broken")
