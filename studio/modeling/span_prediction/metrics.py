"""Metrics of span prediction: words in common, exact matches, and matches among the first answers. All from 0 to 1."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.modeling.span_prediction.answers import normalized

MOST_ANSWERS = 5
"""Answers that a metric looks at."""


@dataclass(frozen=True)
class Answered:
    """A question's true answer, and those of the model, the likeliest first. Empty means that there is none."""

    truth: str
    answers: Sequence[str]

    @property
    def first(self) -> str:
        """The answer that counts where only one does."""
        return self.answers[0] if self.answers else ""


def span_metrics(answered: Sequence[Answered]) -> dict[str, float]:
    """Every metric by name; NaN without questions."""
    return {name: float(np.mean(values)) if values else math.nan for name, values in row_values(answered).items()}


def row_values(answered: Sequence[Answered]) -> dict[str, list[float]]:
    """Every metric of each question by itself; over all it is their mean."""
    return {
        "Jaccard": [jaccard(one.truth, one.first) for one in answered],
        "F1": [f1(one.truth, one.first) for one in answered],
        **{name: [float(is_found(one, count)) for one in answered] for name, count in _ACCURACIES.items()},
    }


def jaccard(truth: str, answer: str) -> float:
    """The share of words in common of all words of both, each counted once, in lower case."""
    true, found = set(truth.lower().split()), set(answer.lower().split())
    return len(true & found) / len(true | found) if true or found else 1.0


def f1(truth: str, answer: str) -> float:
    """The harmonic mean of the shares of words in common, as in the SQuAD evaluation (Rajpurkar et al. 2016)."""
    true, found = normalized(truth).split(), normalized(answer).split()
    if not true or not found:
        return float(true == found)
    shared = sum((Counter(true) & Counter(found)).values())
    return 2 * shared / (len(true) + len(found))


def is_exact(truth: str, answer: str) -> bool:
    """Whether both say the same but for case, punctuation, articles and spaces."""
    return normalized(truth) == normalized(answer)


def is_found(answered: Answered, count: int) -> bool:
    """Whether one of the first `count` answers is exact; no answers at all say that there is none."""
    return any(is_exact(answered.truth, answer) for answer in (answered.answers or ("",))[:count])


_ACCURACIES = {"Accuracy": 1, **{f"Top_{count}_Accuracy": count for count in range(2, MOST_ANSWERS + 1)}}
