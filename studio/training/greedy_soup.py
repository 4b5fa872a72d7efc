"""A greedy soup: the mean of those of the best validated weights that make the validation metric better together.

Wortsman et al. 2022, arXiv:2203.05482, with the weights of one training in place of several trainings.
"""

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from safetensors.torch import load_file

from studio.results.insight import Insight, Table
from studio.runs.events import Phase
from studio.training.held_out_average import (
    Weights,
    between,
    has_held_out_rows,
    held_out_metrics,
    keep_weights,
    take,
)
from studio.training.outputs.insights import write_insight
from studio.training.run_context import RunContext
from studio.training.training_state import TrainingState


@dataclass(frozen=True)
class Soup:
    """The mean of some weights."""

    weights: Weights
    metrics: Mapping[str, float]
    """Of the validation rows."""
    steps: tuple[int, ...]
    """Of the weights in it, in the order in which they came in."""


def wants_soup(context: RunContext) -> bool:
    """Whether validated weights are kept to be averaged."""
    return context.settings.training.greedy_soup > 0 and has_held_out_rows(context)


def keep_ingredient(state: TrainingState, value: float) -> None:
    """Keep the weights just validated if they are among the best; of equals the later ones.

    What is kept follows from the validations alone, so an attempt that repeats some ends with the same.
    """
    context, progress = state.context, state.progress
    if not wants_soup(context) or not math.isfinite(value):
        return
    before = {step: metric for step, metric in progress.soup.items() if step != progress.step}
    ranked = _ranked(context, {**before, progress.step: value})
    progress.soup = dict(ranked[: context.settings.training.greedy_soup])
    if progress.step in progress.soup:
        keep_weights(context.folder.soup(progress.step), state.validated, "weights for the greedy soup")
    for step, _ in ranked[len(progress.soup) :]:
        context.folder.soup(step).unlink(missing_ok=True)


def use_soup(state: TrainingState) -> bool:
    """Put the greedy soup into the model; False if none is asked for, or nothing was kept.

    Raises:
        StopRequested: in the middle, when the run was asked to stop.
    """
    context = state.context
    if not wants_soup(context) or not state.progress.soup:
        return False
    context.reporter.event(Phase(name="averaging weights", detail="greedy soup"))
    with context.reporter.heartbeat.stepping(False):
        soup = _greedy(state)
    take(state, soup.weights, dict(soup.metrics), of=len(soup.steps))
    write_insight(context.folder, context.reporter, _insight(state, soup))
    context.reporter.log("info", _words(state, soup))
    return True


def drop_ingredients(context: RunContext) -> None:
    """Drop what was kept."""
    shutil.rmtree(context.folder.soup(0).parent, ignore_errors=True)


def _ranked(context: RunContext, values: Mapping[int, float]) -> list[tuple[int, float]]:
    """Steps with their metric, the best first, of equals the latest."""
    sign = 1.0 if context.metric.is_better(1.0, 0.0) else -1.0
    return sorted(values.items(), key=lambda one: (sign * one[1], one[0]), reverse=True)


def _greedy(state: TrainingState) -> Soup:
    """From the best weights on, each further one is taken in unless the metric of the mean falls."""
    context, name = state.context, state.context.metric.name
    (first, _), *others = _ranked(context, state.progress.soup)
    weights = load_file(context.folder.soup(first))
    soup = Soup(weights, held_out_metrics(state, weights), (first,))
    for step, _ in others:
        mean = between(soup.weights, load_file(context.folder.soup(step)), 1 / (len(soup.steps) + 1))
        metrics = held_out_metrics(state, mean)
        if math.isfinite(metrics[name]) and not context.metric.is_better(soup.metrics[name], metrics[name]):
            soup = Soup(mean, metrics, (*soup.steps, step))
    return soup


def _insight(state: TrainingState, soup: Soup) -> Insight:
    name, kept = state.context.metric.name, state.progress.soup
    return Insight(
        key="greedy-soup",
        group="train",
        title="Greedy soup",
        how_to_read="The best validated weights. Those of the soup were averaged, because their mean is best on the "
        f"validation rows: {name} {soup.metrics[name]:.4g}.",
        payload=Table(
            columns=("Samples seen", f"Validation {name}", "In the soup"),
            rows=tuple((step, kept[step], "yes" if step in soup.steps else "no") for step in sorted(kept)),
        ),
    )


def _words(state: TrainingState, soup: Soup) -> str:
    kept, name = state.progress.soup, state.context.metric.name
    steps = ", ".join(f"{step:,} ({kept[step]:.4g})" for step in sorted(soup.steps))
    ended = f"{name} {soup.metrics[name]:.4g} on the validation rows"
    if len(soup.steps) == 1:
        return f"Greedy soup: no mean of the {len(kept)} kept weights beats those of step {steps}; {ended}."
    return f"Greedy soup: the mean of the weights of steps {steps}, {len(soup.steps)} of {len(kept)} kept; {ended}."
