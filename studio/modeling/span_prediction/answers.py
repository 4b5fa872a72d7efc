"""Answers in a context: the best of what a model says about overlapping windows.

Offsets count Unicode code points. Shapes: T tokens of a window.
"""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_ENDS = 20
"""Starts, and ends, of a window that are looked at."""
_ARTICLES = frozenset(("a", "an", "the"))
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class Answer:
    """A piece of a context with its probability; empty, at 0, where there is no answer."""

    text: str
    start: int
    end: int
    """Behind the last character."""
    score: float


@dataclass(frozen=True)
class Window:
    """What a model says about one window of a context."""

    starts_T: NDArray[np.floating]
    """Logits of each token to be the first of the answer."""
    ends_T: NDArray[np.floating]
    offsets: NDArray[np.integer]
    """(T, 2), of each token in the context; -1 for tokens that are not of it."""
    nowhere: int
    """The token that stands for *no answer here*."""


def best_answers(
    context: str, windows: Sequence[Window], count: int, *, longest: int, may_be_empty: bool
) -> list[Answer]:
    """The likeliest answers of all windows, at most `count` of at most `longest` characters, each text once.

    A window's probabilities are shared out over its part of the context and *no answer here*, so a window that does
    not hold the answer gives little to its own words, whatever its logits are. With `may_be_empty`, the empty answer
    competes with what its likeliest denial in any window leaves it.
    """
    candidates = [answer for window in windows for answer in _candidates(context, window, longest)]
    if may_be_empty and windows:
        nowhere = min(
            float(np.prod([_shares(logits, window)[window.nowhere] for logits in (window.starts_T, window.ends_T)]))
            for window in windows
        )
        candidates.append(Answer("", 0, 0, nowhere))
    candidates.sort(key=lambda answer: (-answer.score, answer.start, answer.end))
    return _without_twins(candidates, count)


def normalized(text: str) -> str:
    """Lower case without punctuation, articles and further spaces, as the SQuAD evaluation compares answers."""
    words = text.lower().translate(_PUNCTUATION).split()
    return " ".join(word for word in words if word not in _ARTICLES)


def _candidates(context: str, window: Window, longest: int) -> Iterable[Answer]:
    starts, ends = _shares(window.starts_T, window), _shares(window.ends_T, window)
    of_context = np.flatnonzero(window.offsets[:, 1] > window.offsets[:, 0])
    first = of_context[np.argsort(-starts[of_context], kind="stable")[:MOST_ENDS]]
    last = of_context[np.argsort(-ends[of_context], kind="stable")[:MOST_ENDS]]
    for start in first:
        for end in last:
            from_, to = int(window.offsets[start, 0]), int(window.offsets[end, 1])
            if start > end or to - from_ > longest:
                continue
            text = context[from_:to]
            # Some tokenizers count the space before a word as part of it.
            from_, to = from_ + len(text) - len(text.lstrip()), to - (len(text) - len(text.rstrip()))
            if from_ < to:
                yield Answer(context[from_:to], from_, to, float(starts[start] * ends[end]))


def _shares(logits_T: NDArray[np.floating], window: Window) -> NDArray[np.float64]:
    """Probabilities over the tokens of the context and *no answer here*; 0 for the others."""
    allowed = window.offsets[:, 1] > window.offsets[:, 0]
    allowed[window.nowhere] = True
    logits = np.where(allowed, logits_T.astype(np.float64), -np.inf)
    weights = np.exp(logits - logits[allowed].max())
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _without_twins(answers: Sequence[Answer], count: int) -> list[Answer]:
    """The first of all answers that say the same."""
    kept: dict[str, Answer] = {}
    for answer in answers:
        kept.setdefault(normalized(answer.text) or answer.text, answer)
        if len(kept) == count:
            break
    return list(kept.values())
