"""What scored rows leave in a run's folder: predictions, insights, and the events that announce them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from studio.modeling.intervals import difference_intervals, metric_intervals
from studio.modeling.predictions import ScoredTable
from studio.modeling.recipe import Media, Recipe, Split
from studio.modeling.row_statistics import RowStatistics
from studio.results.prediction import BaselineSummary
from studio.runs.events import PredictionsWritten
from studio.runs.folder import RunFolder
from studio.scoring.tables import write_predictions
from studio.settings.finding import Finding
from studio.training.failures.disk import writing
from studio.training.outputs.heatmaps import Explain, explained_rows
from studio.training.outputs.insights import sample_insights, shown_positions, with_titles, write_insight
from studio.training.reporting.reporter import Reporter

INTERVAL_SEED = 0
"""The same for every run, so that the same predictions have the same intervals."""
INTERVAL_SECONDS, BASELINE_SECONDS = 1.7, 0.8
"""For each of two splits: five seconds a run."""


def write_results(
    folder: RunFolder,
    reporter: Reporter,
    recipe: Recipe[Any],
    media: Media,
    scored: ScoredTable,
    split: Split,
    explain: Explain | None = None,
    left_out: pd.DataFrame | None = None,
    findings: Sequence[Finding] = (),
) -> dict[str, float]:
    """Write predictions and insights of a split; gives loss and metrics, nothing without truth.

    With `explain`, the samples that grids show carry heatmaps, if the settings ask for interpretations. Rows that were
    left out stand in the table without a prediction, and `findings` say why.
    """
    metrics = recipe.metrics(scored)
    statistics = recipe.row_statistics(scored)
    intervals = {} if statistics is None else metric_intervals(statistics, seed=INTERVAL_SEED, seconds=INTERVAL_SECONDS)
    rows = list(recipe.sample_rows(scored, media))
    with writing("the predictions", folder.predictions):
        summary = write_predictions(folder.path, split, recipe, scored, rows, metrics, left_out, findings)
    settings = recipe.settings
    positions = shown_positions(scored, int(settings.logging.shown_samples))
    chosen = sorted({position for some in positions.values() for position in some})
    views = {position: rows[position].view for position in chosen}
    if explain is not None and getattr(settings.training, "run_interpretations", False):
        views |= explained_rows(folder, explain, scored, media, rows, chosen, split)
    for insight in sample_insights(views, positions, split, recipe.confidence_start()):
        write_insight(folder, reporter, insight)
    titles = {row.view.row: row.view.title for row in rows}
    for insight in recipe.insights(scored, split):
        write_insight(folder, reporter, with_titles(insight, titles))
    compared = {"intervals": intervals, "baseline": _against_baseline(recipe, scored, statistics)}
    reporter.event(PredictionsWritten(summary=summary.model_copy(update=compared)))
    return {"loss": scored.mean_loss(), **metrics} if metrics else {}


def _against_baseline(
    recipe: Recipe[Any], scored: ScoredTable, statistics: RowStatistics | None
) -> BaselineSummary | None:
    baseline = recipe.baseline(scored)
    if baseline is None or statistics is None:
        return None
    found = baseline.statistics.metrics(np.ones((1, baseline.statistics.rows)))
    return BaselineSummary(
        name=baseline.name,
        metrics={name: float(values[0]) for name, values in found.items() if np.isfinite(values[0])},
        differences=difference_intervals(statistics, baseline.statistics, seed=INTERVAL_SEED, seconds=BASELINE_SECONDS),
    )
