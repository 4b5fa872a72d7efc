"""Words of overlapping pieces of a recording as one text: joined where they say the same."""

from collections.abc import Sequence
from typing import NamedTuple

MOST_WORDS = 40
"""Words at the end of one text and the beginning of the next that are compared: ten seconds have fewer."""


class Word(NamedTuple):
    """A word of a text."""

    text: str
    times: tuple[float, float] | None = None
    """Seconds in which it is said, where that is known."""


def joined_words(texts: Sequence[Sequence[Word]]) -> list[Word]:
    """One text of several, each of which overlaps the next in sound.

    Two neighbours are cut in the middle of the longest sequence of words that the end of one and the beginning of the
    other have in common; case and punctuation do not count. Where they have none, both are kept whole: a word may then
    be there twice, and none is lost.
    """
    words: list[Word] = []
    is_after_silence = True
    for text in texts:
        words = [*words, *text] if is_after_silence else _joined(words, text)
        is_after_silence = not text
    return words


def _joined(first: Sequence[Word], second: Sequence[Word]) -> list[Word]:
    tail = [_bare(word.text) for word in first[-MOST_WORDS:]]
    head = [_bare(word.text) for word in second[:MOST_WORDS]]
    at, other, length = _longest_common(tail, head)
    if not length:
        return [*first, *second]
    middle = length // 2
    return [*first[: len(first) - len(tail) + at + middle], *second[other + middle :]]


def _longest_common(tail: Sequence[str], head: Sequence[str]) -> tuple[int, int, int]:
    """Where the longest common run of words begins in both, and its length; of several, the one nearest to the seam."""
    best, best_distance = (0, 0, 0), 0
    lengths: dict[int, int] = {}
    for at, word in enumerate(tail):
        now = {}
        for other, candidate in enumerate(head):
            if word and word == candidate:
                length = now[other] = lengths.get(other - 1, 0) + 1
                distance = len(tail) - at + other
                if (length, -distance) > (best[2], -best_distance):
                    best, best_distance = (at - length + 1, other - length + 1, length), distance
        lengths = now
    return best


def _bare(word: str) -> str:
    """The letters and digits of a word, in lower case."""
    return "".join(one for one in word.lower() if one.isalnum())
