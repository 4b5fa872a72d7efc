"""Texts of overlapping pieces of a recording as one: joined where they say the same."""

from collections.abc import Sequence

MOST_WORDS = 40
"""Words at the end of one text and the beginning of the next that are compared: ten seconds have fewer."""


def joined_texts(texts: Sequence[str]) -> str:
    """One text of several, each of which overlaps the next in sound.

    Two neighbours are cut in the middle of the longest sequence of words that the end of one and the beginning of the
    other have in common; case and punctuation do not count. Where they have none, both are kept whole: a word may then
    be there twice, and none is lost.
    """
    words: list[str] = []
    is_after_silence = True
    for text in texts:
        more = text.split()
        words = [*words, *more] if is_after_silence else _joined(words, more)
        is_after_silence = not more
    return " ".join(words)


def _joined(first: list[str], second: list[str]) -> list[str]:
    tail, head = [_bare(word) for word in first[-MOST_WORDS:]], [_bare(word) for word in second[:MOST_WORDS]]
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
