"""Differences of a generated text from its reference, word by word, as marks in both."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from studio.results.sample_view import TextMark

_WORD = re.compile(r"\w+|[^\w\s]")
MOST_WORDS = 1500
"""Words up to which texts are compared: the time grows with the square of their number."""

Role = Literal["inserted", "missing"]


def differences(generated: str, reference: str) -> tuple[tuple[TextMark, ...], tuple[TextMark, ...]]:
    """Marks of what the generated text has too much, and of what of the reference is missing in it.

    Case counts, spaces do not. None where a text is too long to compare.
    """
    ours, theirs = list(_WORD.finditer(generated)), list(_WORD.finditer(reference))
    if len(ours) > MOST_WORDS or len(theirs) > MOST_WORDS:
        return (), ()
    matcher = SequenceMatcher(a=[one[0] for one in theirs], b=[one[0] for one in ours], autojunk=False)
    changes = [change for change in matcher.get_opcodes() if change[0] != "equal"]
    inserted = _marks(ours, [(start, end) for _, _, _, start, end in changes], "inserted")
    missing = _marks(theirs, [(start, end) for _, start, end, _, _ in changes], "missing")
    return tuple(inserted), tuple(missing)


def _marks(words: Sequence[re.Match[str]], ranges: Sequence[tuple[int, int]], role: Role) -> Iterator[TextMark]:
    for start, end in ranges:
        if start < end:
            yield TextMark(start=words[start].start(), end=words[end - 1].end(), role=role)
