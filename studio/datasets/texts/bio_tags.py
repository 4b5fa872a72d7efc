"""Tags of words: IOB and its relatives, and the entities that lists of tags speak of.

Read: IOB1, IOB2, BILOU (L last, U unit) and BIOES (E end, S single); a tag without a prefix is a type of its own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

OUTSIDE = "O"
_OUTSIDE_WORDS = frozenset(("0", "o", "out", "outside", "other", "none", "null", "nil", "no", "_", "-"))
_LEAST_OUTSIDE = 0.4
"""Most words of a text are in no entity."""
_TAG = re.compile(r"(O|[BIELSU][-_].+)$")
_BEGIN, _INSIDE, _LAST = frozenset("BSU"), frozenset("I"), frozenset("EL")


@dataclass(frozen=True)
class Entity:
    """Neighbouring words of one type: the first, and the one behind the last."""

    start: int
    end: int
    label: str


def words_of(cell: Any) -> list[str]:
    """The words of a cell: a list as it is, a text split at blanks; nothing for a missing one."""
    if cell is None or (isinstance(cell, float) and cell != cell):
        return []
    if isinstance(cell, str):
        return cell.split()
    return [str(one) for one in cell]


def is_tag(tag: str) -> bool:
    """Whether this is `O` or a type behind one of the letters of the schemes."""
    return _TAG.match(tag) is not None


def split_tag(tag: str) -> tuple[str, str]:
    """(letter, type) of a tag; no letter where it has none, no type outside."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    return (tag[0], tag[2:]) if is_tag(tag) else ("", tag)


def outside_of(counts: Counter[str]) -> str | None:
    """The tag that stands for outside, from how often each occurs: O, or the most frequent if it is a word for it."""
    if OUTSIDE in counts:
        return OUTSIDE
    tag, count = next(iter(counts.most_common(1)), ("", 0))
    return tag if tag.lower() in _OUTSIDE_WORDS and count >= _LEAST_OUTSIDE * counts.total() else None


def entities(tags: Sequence[str]) -> Iterator[Entity]:
    """The entities of a row, as the CoNLL script reads them: an `I-` that follows nothing of its type begins one."""
    start, label, previous = 0, "", OUTSIDE
    for position, (letter, kind) in enumerate((*map(split_tag, tags), (OUTSIDE, ""))):
        continues = label and kind == label and letter not in _BEGIN and previous not in ("E", "L", "S", "U")
        if label and not continues:
            yield Entity(start, position, label)
            label = ""
        if kind and not continues:
            start, label = position, kind
        previous = letter


def stray_inside(tags: Sequence[str]) -> list[int]:
    """Positions of `I-`, `E-` or `L-` tags that follow no word of their type, as IOB2 wants them to."""
    found, previous = [], ""
    for position, (letter, kind) in enumerate(map(split_tag, tags)):
        if letter in _INSIDE | _LAST and kind != previous:
            found.append(position)
        previous = kind
    return found


def begun(tags: Sequence[str]) -> list[str]:
    """These tags with `B-` wherever a stray `I-` begins an entity: IOB1 becomes IOB2, and no entity changes."""
    stray = set(stray_inside(tags))
    return [f"B{tag[1:]}" if position in stray and tag[0] == "I" else tag for position, tag in enumerate(tags)]
