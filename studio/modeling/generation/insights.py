"""Insights of generated text: scores, and lengths against those of the references."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from studio.modeling.generation.metrics import MetricName
from studio.modeling.histograms import histogram, means_by_range
from studio.modeling.recipe import Split
from studio.results.generation import Panel
from studio.results.insight import Bars, Insight, Scatter, Table

MOST_POINTS = 2000
RANGES = 6
NAMES: dict[MetricName, str] = {"BLEU": "BLEU", "CHRF": "chrF++", "TER": "TER"}


@dataclass(frozen=True)
class Generated:
    """Texts beside their references."""

    texts: Sequence[str]
    references: Sequence[str]
    rows: Sequence[int]
    """The row of each in the source table."""
    scores: Sequence[float]
    """Of each text alone."""
    metric: MetricName


def generation_insights(generated: Generated, split: Split) -> Iterator[Insight]:
    """Every panel; none without texts."""
    if not generated.rows:
        return
    yield _scores(generated, split)
    yield _by_length(generated, split)
    yield _lengths(generated, split)
    yield _figures(generated, split)


def _scores(generated: Generated, split: Split) -> Insight:
    name = NAMES[generated.metric]
    found = histogram(generated.scores, between=(0.0, 100.0))
    return Insight(
        key=f"{split}-scores",
        group=split,
        title=Panel.SCORES,
        how_to_read=f"Distribution of the {name} of single texts. "
        + ("Lower is better." if generated.metric == "TER" else "Higher is better.")
        + " A valid paraphrase of the reference also scores badly.",
        payload=Bars(
            x_label=name, y_label="Texts", names=found.names, values=tuple(float(count) for count in found.counts)
        ),
    )


def _by_length(generated: Generated, split: Split) -> Insight:
    name = NAMES[generated.metric]
    found = means_by_range([len(text.split()) for text in generated.references], generated.scores, RANGES)
    return Insight(
        key=f"{split}-score-by-length",
        group=split,
        title=Panel.BY_LENGTH,
        how_to_read=f"Mean {name} of single texts, from short references to long ones. Long texts are harder; a steep "
        "fall may mean that the limit of written tokens is too low.",
        payload=Bars(x_label="Words of the reference", y_label=f"Mean {name}", names=found.names, values=found.means),
    )


def _lengths(generated: Generated, split: Split) -> Insight:
    count = len(generated.rows)
    shown = np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))
    return Insight(
        key=f"{split}-written-lengths",
        group=split,
        title=Panel.LENGTHS,
        how_to_read="Each point is a text; on the diagonal it is as long as its reference. Far above it, the model "
        "repeats itself; a flat top shows the limit on generated tokens.",
        payload=Scatter(
            x_label="Words of the reference",
            y_label="Words generated",
            x=tuple(float(len(generated.references[one].split())) for one in shown),
            y=tuple(float(len(generated.texts[one].split())) for one in shown),
            rows=tuple(generated.rows[one] for one in shown),
            diagonal=True,
        ),
    )


def _figures(generated: Generated, split: Split) -> Insight:
    written = [len(text.split()) for text in generated.texts]
    wanted = [len(text.split()) for text in generated.references]
    same = [text.strip() == other.strip() for text, other in zip(generated.texts, generated.references, strict=True)]
    rows: tuple[tuple[str, float | None], ...] = (
        ("Texts", len(written)),
        ("Exact matches of the reference", float(np.mean(same))),
        ("Empty", float(np.mean([count == 0 for count in written]))),
        ("Distinct texts", len(set(generated.texts)) / len(written)),
        (
            "Length ratio (words generated / words of the reference)",
            sum(written) / sum(wanted) if sum(wanted) else None,
        ),
    )
    return Insight(
        key=f"{split}-figures",
        group=split,
        title=Panel.METRICS,
        how_to_read="Shares are from 0 to 1. Few distinct texts mean that the model ignores its input.",
        payload=Table(columns=("Figure", "Value"), rows=rows),
    )
