"""Insights of a run: one immutable file each, announced when it is complete; and the grids every problem type has."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from studio.files import write_atomic
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import SampleRow, Split
from studio.results.insight import Insight, InsightEntry, Samples
from studio.runs.events import InsightWritten
from studio.runs.folder import RunFolder
from studio.training.reporter import Reporter


def write_insight(folder: RunFolder, reporter: Reporter, insight: Insight) -> None:
    """Write an insight's file, then say so."""
    write_atomic(folder.insights / f"{insight.key}.json", insight.model_dump_json().encode(), durable=False)
    entry = InsightEntry(
        key=insight.key,
        group=insight.group,
        title=insight.title,
        how_to_read=insight.how_to_read,
        kind=insight.payload.kind,
    )
    reporter.event(InsightWritten(entry=entry))


def sample_insights(
    rows: Sequence[SampleRow], scored: ScoredTable, split: Split, count: int, confidence: float | None
) -> Iterator[Insight]:
    """Grids of the best, the worst and random samples; without losses only random ones."""
    if not count or not rows:
        return
    losses = scored.losses
    known = [i for i in range(len(rows)) if losses is not None and math.isfinite(losses[i])]
    if known and losses is not None:
        rising = sorted(known, key=lambda i: float(losses[i]))
        yield _grid(
            split,
            "worst",
            "Worst samples",
            "The samples with the highest loss: wrong labels often show up here.",
            [rows[i] for i in rising[::-1][:count]],
            confidence,
        )
        yield _grid(
            split,
            "best",
            "Best samples",
            "The samples with the lowest loss: what the model finds easy.",
            [rows[i] for i in rising[:count]],
            confidence,
        )
    chosen = np.random.default_rng(0).permutation(len(rows))[:count]
    yield _grid(
        split,
        "random",
        "Random samples",
        "Samples drawn at random: what to expect on average.",
        [rows[int(i)] for i in sorted(chosen)],
        confidence,
    )


def _grid(
    split: Split, kind: str, title: str, how_to_read: str, rows: Sequence[SampleRow], confidence: float | None
) -> Insight:
    return Insight(
        key=f"{split}-{kind}",
        group=split,
        title=title,
        how_to_read=how_to_read,
        payload=Samples(samples=tuple(row.view for row in rows), confidence=confidence),
    )
