"""Where an answer stands in its context, whatever the given position counts. Offsets are of Unicode code points."""

import re
from dataclasses import dataclass
from typing import Literal

How = Literal["as given", "bytes", "utf-16", "elsewhere", "first", "respelt"]


@dataclass(frozen=True)
class Place:
    """An answer as it stands in a context."""

    start: int
    text: str
    how: How
    """`as given`: the position was right; `bytes`, `utf-16`: it counted those; `elsewhere`: it was wrong; `first`:
    there was none; `respelt`: blanks or case differ, and the context's spelling was taken."""


def find_answer(context: str, answer: str, start: int | None) -> Place | None:
    """The answer's place; None if it is not in the context."""
    if start is not None and start >= 0:
        given = _given(context, answer, start)
        if given is not None:
            return given
    found = occurrences(context, answer)
    if found:
        if start is None or start < 0:
            return Place(found[0], answer, "first")
        return Place(min(found, key=lambda one: abs(one - start)), answer, "elsewhere")
    return _respelt(context, answer)


def occurrences(context: str, answer: str) -> list[int]:
    """Every place where the answer begins."""
    return [match.start() for match in re.finditer(f"(?={re.escape(answer)})", context)]


def _given(context: str, answer: str, start: int) -> Place | None:
    if context.startswith(answer, start):
        return Place(start, answer, "as given")
    if context.isascii():
        return None
    for how, encoding, width in (("bytes", "utf-8", 1), ("utf-16", "utf-16-le", 2)):
        before = context.encode(encoding, "surrogatepass")[: start * width]
        position = len(before.decode(encoding, "ignore"))
        if context.startswith(answer, position):
            return Place(position, answer, "bytes" if how == "bytes" else "utf-16")
    return None


def _respelt(context: str, answer: str) -> Place | None:
    """The answer with other blanks or another case."""
    words = answer.split()
    if not words:
        return None
    match = re.search(r"\s+".join(map(re.escape, words)), context, re.IGNORECASE)
    return Place(match.start(), match.group(), "respelt") if match else None
