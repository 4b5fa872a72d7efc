"""Metrics of token classification: of whole entities as in the CoNLL evaluation, and of single words.

Micro counts all entities (or words) together, macro is the mean over types (or tags). In the metrics of words, O counts
as no answer at all, as it does in those of entities: most words are outside, and finding that out is no achievement.
Undefined is NaN.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.datasets.texts.bio_tags import OUTSIDE, entities


@dataclass(frozen=True)
class Counts:
    """How often each type (or tag) is true, predicted, and both."""

    true: Mapping[str, int]
    predicted: Mapping[str, int]
    right: Mapping[str, int]

    @property
    def names(self) -> list[str]:
        """Everything that is true or predicted at all."""
        return sorted(set(self.true) | set(self.predicted))

    def f1(self, name: str) -> float:
        """Of one type."""
        return _f1(self.right.get(name, 0), self.true.get(name, 0), self.predicted.get(name, 0))

    def micro(self) -> float:
        """F1 of all together; NaN where nothing is true or predicted."""
        return _f1(sum(self.right.values()), sum(self.true.values()), sum(self.predicted.values()))

    def macro(self) -> float:
        """The mean F1; NaN where nothing is true or predicted."""
        names = self.names
        return sum(self.f1(name) for name in names) / len(names) if names else math.nan


def token_metrics(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, float]:
    """Every metric by name."""
    whole, words = entity_counts(truth, predicted), word_counts(truth, predicted)
    return {
        "CONLL_MICRO_F1_SCORE": whole.micro(),
        "CONLL_MACRO_F1_SCORE": whole.macro(),
        "MICRO_F1_SCORE": words.micro(),
        "MACRO_F1_SCORE": words.macro(),
    }


def entity_counts(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Counts:
    """Entities by type; right are those whose type and both ends are."""
    true, found, right = Counter[str](), Counter[str](), Counter[str]()
    for tags, answer in zip(truth, predicted, strict=True):
        of_truth, of_answer = set(entities(tags)), set(entities(answer))
        true.update(one.label for one in of_truth)
        found.update(one.label for one in of_answer)
        right.update(one.label for one in of_truth & of_answer)
    return Counts(true, found, right)


def word_counts(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Counts:
    """Words by tag, without O."""
    true, found, right = Counter[str](), Counter[str](), Counter[str]()
    for tags, answer in zip(truth, predicted, strict=True):
        true.update(tag for tag in tags if tag != OUTSIDE)
        found.update(tag for tag in answer if tag != OUTSIDE)
        right.update(tag for tag, other in zip(tags, answer, strict=True) if tag == other != OUTSIDE)
    return Counts(true, found, right)


def _f1(right: int, true: int, predicted: int) -> float:
    return 2 * right / (true + predicted) if true + predicted else math.nan
