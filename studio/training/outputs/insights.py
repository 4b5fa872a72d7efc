"""Insights of a run: one immutable file each, announced when it is complete; and the grids every problem type has."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from studio.files import write_atomic
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Split
from studio.results.insight import Insight, InsightEntry, SamplePanel, Samples, Scatter
from studio.results.sample_view import SampleView
from studio.runs.events import InsightWritten
from studio.runs.folder import RunFolder
from studio.training.reporting.reporter import Reporter

GridKind = Literal["worst", "best", "random"]
_GRIDS: Mapping[GridKind, tuple[str, str]] = MappingProxyType(
    {
        "worst": (SamplePanel.WORST, "The samples with the highest loss. Label errors often show up here."),
        "best": (SamplePanel.BEST, "The samples with the lowest loss."),
        "random": (SamplePanel.RANDOM, "A random sample: what to expect on average."),
    }
)


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


def with_titles(insight: Insight, titles: Mapping[int, str]) -> Insight:
    """The insight whose points say what they are, where they have rows and no titles yet; `titles` are by row."""
    payload = insight.payload
    if not isinstance(payload, Scatter) or payload.titles or not payload.rows:
        return insight
    named = payload.model_copy(update={"titles": tuple(titles.get(row, "") for row in payload.rows)})
    return insight.model_copy(update={"payload": named})


def shown_positions(scored: ScoredTable, count: int) -> dict[GridKind, list[int]]:
    """Which rows the grids show: the best and the worst by loss, and random ones; without losses only random ones."""
    total = len(scored)
    if not count or not total:
        return {}
    losses = scored.losses
    known = [] if losses is None else [i for i in range(total) if math.isfinite(losses[i])]
    chosen = np.random.default_rng(0).permutation(total)[:count]
    positions: dict[GridKind, list[int]] = {}
    if known and losses is not None:
        rising = sorted(known, key=lambda i: float(losses[i]))
        positions = {"worst": rising[::-1][:count], "best": rising[:count]}
    return {**positions, "random": sorted(int(i) for i in chosen)}


def sample_insights(
    views: Mapping[int, SampleView],
    positions: Mapping[GridKind, Sequence[int]],
    split: Split,
    confidence: float | None,
) -> Iterator[Insight]:
    """Grids of the best, the worst and random samples."""
    for kind, chosen in positions.items():
        title, how_to_read = _GRIDS[kind]
        yield Insight(
            key=f"{split}-{kind}",
            group=split,
            title=title,
            how_to_read=how_to_read,
            payload=Samples(samples=tuple(views[position] for position in chosen), confidence=confidence),
        )
