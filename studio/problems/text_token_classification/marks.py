"""Entities as marks in the text of a row's words, with one blank between words.

Shapes: W words.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.datasets.texts.bio_tags import Entity, entities, split_tag
from studio.results.sample_view import TextMark

Role = Literal["truth", "prediction"]
Match = Literal["correct", "wrong", "missed", "invented"]


def entity_marks(
    words: Sequence[str],
    truth: Sequence[str] | None,
    answer: Sequence[str] | None,
    sureness: NDArray[np.floating] | None,
    ignored: frozenset[str],
) -> tuple[TextMark, ...]:
    """Marks of true and predicted entities, each saying whether it is right.

    `sureness` has a probability a word; an entity is as sure as its least sure word. `ignored` are tags or types.
    """
    starts = word_starts(words)
    hidden = ignored | {split_tag(tag)[1] for tag in ignored if split_tag(tag)[0]}
    true = [one for one in entities(truth or ()) if one.label not in hidden]
    found = [one for one in entities(answer or ()) if one.label not in hidden]

    def mark(one: Entity, role: Role, match: Match | None, score: float | None = None) -> TextMark:
        end = int(starts[one.end - 1]) + len(words[one.end - 1])
        return TextMark(start=int(starts[one.start]), end=end, label=one.label, role=role, score=score, match=match)

    marks = [mark(one, "truth", None if answer is None else _fate(one, found)) for one in true]
    for one in found:
        score = None if sureness is None else float(sureness[one.start : one.end].min())
        marks.append(mark(one, "prediction", None if truth is None else _verdict(one, true), score))
    return tuple(marks)


def word_starts(words: Sequence[str]) -> NDArray[np.int64]:
    """Where each word starts in the text of all, with one blank in between."""
    lengths = np.array([len(word) + 1 for word in words], dtype=np.int64)
    return np.cumsum(lengths) - lengths


def _fate(one: Entity, found: Sequence[Entity]) -> Match:
    return "correct" if one in found else "missed"


def _verdict(one: Entity, true: Sequence[Entity]) -> Match:
    """Wrong where something else is, invented where nothing is."""
    if one in true:
        return "correct"
    return "wrong" if any(other.start < one.end and one.start < other.end for other in true) else "invented"
