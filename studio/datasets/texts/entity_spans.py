"""Entities as spans in the text of a row's words, with one blank between words.

Shapes: W words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.datasets.texts.bio_tags import Entity, entities, split_tag
from studio.on_demand import np
from studio.results.sample_view import Match, TextSpan

if TYPE_CHECKING:
    from numpy.typing import NDArray


def entity_spans(
    words: Sequence[str],
    truth: Sequence[str] | None,
    answer: Sequence[str] | None,
    sureness: NDArray[np.floating] | None,
    ignored: frozenset[str],
) -> tuple[tuple[TextSpan, ...], tuple[TextSpan, ...]]:
    """The true and the predicted entities, each saying whether it is right.

    `sureness` has a probability a word; an entity is as sure as its least sure word. `ignored` are tags or types.
    """
    starts = word_starts(words)
    hidden = ignored | {split_tag(tag)[1] for tag in ignored if split_tag(tag)[0]}
    true = [one for one in entities(truth or ()) if one.label not in hidden]
    found = [one for one in entities(answer or ()) if one.label not in hidden]

    def span(one: Entity, match: Match | None, score: float | None = None) -> TextSpan:
        end = int(starts[one.end - 1]) + len(words[one.end - 1])
        return TextSpan(start=int(starts[one.start]), end=end, label=one.label, score=score, match=match)

    def score(one: Entity) -> float | None:
        return None if sureness is None else float(sureness[one.start : one.end].min())

    return (
        tuple(span(one, None if answer is None else _match_of_truth(one, found)) for one in true),
        tuple(span(one, None if truth is None else _match_of_prediction(one, true), score(one)) for one in found),
    )


def word_starts(words: Sequence[str]) -> NDArray[np.int64]:
    """Where each word starts in the text of all, with one blank in between."""
    lengths = np.array([len(word) + 1 for word in words], dtype=np.int64)
    return np.cumsum(lengths) - lengths


def _match_of_truth(one: Entity, found: Sequence[Entity]) -> Match:
    return "correct" if one in found else "false_negative"


def _match_of_prediction(one: Entity, true: Sequence[Entity]) -> Match:
    """The wrong class where only entities of other types are; otherwise, as with other bounds, a false positive."""
    if one in true:
        return "correct"
    there = {other.label for other in true if other.start < one.end and one.start < other.end}
    return "wrong_class" if there and one.label not in there else "false_positive"
