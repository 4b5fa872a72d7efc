"""Tagging schemes: how tags of words say where entities begin and end, and the entities they say.

IOB2   B-X begins an entity, I-X goes on with it, O is outside
IOB1   I-X also begins one; B-X only where an entity follows another of the same type
IOBES  E-X ends an entity, S-X is one of a single word (BILOU: L-X and U-X)
IO     I-X alone
plain  the tag is the type, such as a part of speech
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

OUTSIDE = "O"
_TAG = re.compile(r"([BIESLU])-(.+)")
_BEGINS = ("B", "S")
_ENDS = ("E", "S")
_TWINS = {"L": "E", "U": "S"}


class Scheme(StrEnum):
    """How tags are to be read."""

    IOB1 = "IOB1"
    IOB2 = "IOB2"
    IOBES = "IOBES"
    BILOU = "BILOU"
    IO = "IO"
    PLAIN = "plain"


class Span(NamedTuple):
    """An entity: its type, its first word and the word behind its last."""

    type: str
    start: int
    end: int


def recognize(sentences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme of tagged sentences; plain if any tag beside O has no prefix."""
    prefixes: set[str] = set()
    begins_with_inside = follows_no_twin = False
    for tags in sentences:
        before = OUTSIDE
        for tag in tags:
            match = _TAG.fullmatch(tag)
            if match is None and tag != OUTSIDE:
                return Scheme.PLAIN
            if match is not None:
                prefixes.add(match[1])
                is_after_twin = before[2:] == match[2]
                begins_with_inside |= match[1] == "I" and not is_after_twin
                follows_no_twin |= match[1] == "B" and not is_after_twin
            before = tag
    if not prefixes:
        return Scheme.PLAIN
    if prefixes & {"L", "U"}:
        return Scheme.BILOU
    if prefixes & {"E", "S"}:
        return Scheme.IOBES
    if "B" not in prefixes:
        return Scheme.IO
    return Scheme.IOB1 if begins_with_inside and not follows_no_twin else Scheme.IOB2


def entity_type(tag: str, scheme: Scheme) -> str | None:
    """What a tag is about, `PER` of `B-PER`; None for O."""
    return _parts(tag, scheme)[1] or None


def spans(tags: Sequence[str], scheme: Scheme) -> list[Span]:
    """The entities of a sentence, by the rules of the CoNLL evaluation: what does not fit begins a new one.

    Plain tags and IO: neighbouring words of one type are one entity.
    """
    found: list[Span] = []
    before, type_before, start = OUTSIDE, "", 0
    for position, tag in enumerate([*tags, OUTSIDE]):
        prefix, type_ = _parts(tag, scheme)
        is_border = (
            prefix == OUTSIDE or before == OUTSIDE or prefix in _BEGINS or before in _ENDS or type_ != type_before
        )
        if is_border:
            if before != OUTSIDE:
                found.append(Span(type_before, start, position))
            start = position
        before, type_before = prefix, type_
    return found


def _parts(tag: str, scheme: Scheme) -> tuple[str, str]:
    """Prefix and type; BILOU's own prefixes as those of IOBES."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    match = None if scheme is Scheme.PLAIN else _TAG.fullmatch(tag)
    if match is None:
        return "I", tag
    return _TWINS.get(match[1], match[1]), match[2]
