"""Windows cover all of a recording, and what is kept of them is all of it once."""

import pytest

from studio.modeling.speech.joined_words import Word, joined_words
from studio.modeling.speech.windows import Windows, seams

SIZE, OVERLAP = 1000, 200


def joined_texts(texts: list[str]) -> str:
    return " ".join(word.text for word in joined_words([[Word(word) for word in text.split()] for text in texts]))


@pytest.mark.parametrize("step", [1, 320])
@pytest.mark.parametrize("samples", [1, 999, 1000, 1001, 1500, 1801, 5003])
def test_windows_cover_a_recording_to_its_last_sample(samples: int, step: int) -> None:
    starts = Windows(SIZE, OVERLAP, step).starts(samples)
    ends = [min(samples, start + SIZE) for start in starts]

    assert starts[0] == 0
    assert ends[-1] == samples
    assert all(start % step == 0 for start in starts)
    assert all(end - start >= OVERLAP for start, end in zip(starts[1:], ends[:-1], strict=True))


def test_what_is_kept_of_windows_is_all_of_it_once() -> None:
    starts, ends = [0, 700, 1500], [1000, 1700, 2200]

    kept = seams(starts, ends)

    assert [place for low, high in kept for place in range(low, high)] == list(range(2200))
    assert kept == [(0, 850), (850, 1600), (1600, 2200)]


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        ([], ""),
        (["alone"], "alone"),
        (["we went to the old", "to the old house."], "we went to the old house."),
        (["He said, Hello there", "hello there! my friend"], "He said, Hello there! my friend"),
        (["nothing in common", "and so on"], "nothing in common and so on"),
        (["a b c", "", "c d"], "a b c c d"),
        (["one two three fo", "ree three four five", "four five six"], "one two three four five six"),
        (["the end of the", "of the line of the"], "the end of the line of the"),
    ],
)
def test_texts_of_windows_are_joined_where_they_say_the_same(texts: list[str], joined: str) -> None:
    assert joined_texts(texts) == joined


def test_a_long_text_cut_into_overlapping_pieces_comes_back_whole() -> None:
    words = [f"word{number * 7919 % 1000}" for number in range(300)]
    pieces = [" ".join(words[start : start + 60]) for start in range(0, 300, 50)]

    assert joined_texts(pieces) == " ".join(words)
