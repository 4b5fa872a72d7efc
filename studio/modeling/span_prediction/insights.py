"""Insights of span prediction: how good answers are, how soon the right one comes, and what lengths change."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from studio.modeling.histograms import histogram, means_by_range
from studio.modeling.recipe import Split
from studio.modeling.span_prediction.metrics import MOST_ANSWERS, Answered, is_found, jaccard
from studio.results.answers import Panel
from studio.results.insight import Bars, Insight

ANSWER_LENGTHS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, None))
"""Words, both ends included."""
CONTEXT_RANGES = 6


def span_insights(answered: Sequence[Answered], contexts: Sequence[str], split: Split) -> Iterator[Insight]:
    """Every panel; none without questions whose answer is known."""
    if not answered:
        return
    scores = np.array([jaccard(one.truth, one.first) for one in answered])
    yield _scores(scores, split)
    yield _ranks(answered, split)
    yield _by_answer([len(one.truth.split()) for one in answered], scores, split)
    yield _by_context(np.array([len(context.split()) for context in contexts]), scores, split)


def _scores(scores: NDArray[np.float64], split: Split) -> Insight:
    found = histogram(scores, bins=10, between=(0.0, 1.0))
    return Insight(
        key=f"{split}-jaccard",
        group=split,
        title=Panel.SCORES,
        how_to_read="Jaccard score of each top answer. High scores below 1 are answers with a word too many or too "
        "few; at 0 the answer lies elsewhere in the context.",
        payload=Bars(
            x_label="Jaccard",
            y_label="Questions",
            names=found.names,
            values=tuple(float(count) for count in found.counts),
        ),
    )


def _ranks(answered: Sequence[Answered], split: Split) -> Insight:
    most = min(MOST_ANSWERS, max(1, *(len(one.answers) for one in answered)))
    counts = range(1, most + 1)
    return Insight(
        key=f"{split}-ranks",
        group=split,
        title=Panel.RANKS,
        how_to_read="How often the exact answer is among the top k answers.",
        payload=Bars(
            x_label="k (answers considered)",
            y_label="Share of questions",
            names=tuple(str(count) for count in counts),
            values=tuple(float(np.mean([is_found(one, count) for one in answered])) for count in counts),
        ),
    )


def _by_answer(lengths: Sequence[int], scores: NDArray[np.float64], split: Split) -> Insight:
    ranges = [((0, 0), "no answer")] if 0 in lengths else []
    for first, last in ANSWER_LENGTHS:
        name = f"{first}" if first == last else f"{first} or more" if last is None else f"{first} to {last}"
        ranges.append(((first, last or max(first, *lengths)), name))
    values = []
    for (first, last), _ in ranges:
        inside = [score for score, length in zip(scores, lengths, strict=True) if first <= length <= last]
        values.append(float(np.mean(inside)) if inside else None)
    return Insight(
        key=f"{split}-by-answer-length",
        group=split,
        title=Panel.BY_ANSWER,
        how_to_read="Mean Jaccard score. Long answers are harder to match exactly.",
        payload=Bars(
            x_label="Words of the true answer",
            y_label="Mean Jaccard",
            names=tuple(name for _, name in ranges),
            values=tuple(values),
        ),
    )


def _by_context(lengths: NDArray[np.int64], scores: NDArray[np.float64], split: Split) -> Insight:
    """Ranges that hold about as many questions each."""
    found = means_by_range(lengths, scores, CONTEXT_RANGES)
    return Insight(
        key=f"{split}-by-context-length",
        group=split,
        title=Panel.BY_CONTEXT,
        how_to_read="Mean Jaccard. If it falls on the right, a longer Max length or Doc stride may help.",
        payload=Bars(
            x_label="Words of the context",
            y_label="Mean Jaccard",
            names=found.names,
            values=found.means,
        ),
    )
