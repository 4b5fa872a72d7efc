"""The start of the last layer: a linear probe on the features of the encoder before it is trained."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from torch import nn

from studio.modeling.loading import BatchLoader, ScoringOrder, source_rows
from studio.modeling.recipe import Samples
from studio.runs.events import Phase
from studio.training.processes.stopping import StopRequested
from studio.training.run_context import RunContext

SETTING = "training.head_start"
MOST_ROWS = 10_000
"""A last layer needs no more, and their features fit into memory."""


def wants_probe(context: RunContext) -> bool:
    """Whether the last layer starts as a linear probe: where asked, and by itself where the encoder is pretrained."""
    if SETTING not in context.settings.fields() or context.split.is_inference_only:
        return False
    choice = context.settings.value(SETTING)
    if choice == "Automatic":
        return context.start is None and context.recipe.weights_name() is not None
    return bool(choice == "Linear probe")


def fit_head(context: RunContext, model: nn.Module, rows: pd.DataFrame, batch_size: int) -> bool:
    """Fit the last layer; whether the model has one that a linear probe can be. The first process does it for all.

    Raises:
        StopRequested: in every process, when the run was asked to stop.
    """
    words, is_stopped = None, False
    if context.process_group.is_first:
        try:
            words = _fit(context, model, rows, batch_size)
        except StopRequested:
            is_stopped = True
    if context.process_group.from_first(is_stopped):
        raise StopRequested
    return context.process_group.from_first(words is not None)


def _fit(context: RunContext, model: nn.Module, rows: pd.DataFrame, batch_size: int) -> str | None:
    context.reporter.event(Phase(name="fitting the linear probe", detail="features of the training rows"))
    chosen = rows.sample(MOST_ROWS, random_state=context.seed).sort_index() if len(rows) > MOST_ROWS else rows
    samples = context.recipe.samples(chosen, context.media, training=False)
    was_training = model.training
    with context.reporter.heartbeat.stepping(False):
        words = context.recipe.fit_head(model.eval(), _batches(context, samples, chosen, batch_size), context.seed)
    model.train(was_training)
    if words is not None:
        context.reporter.log("info", words)
    return words


def _batches(context: RunContext, samples: Samples, rows: pd.DataFrame, batch_size: int) -> Iterator[Any]:
    order = ScoringOrder(len(rows), batch_size, samples.lengths())
    loader = BatchLoader(context.recipe, samples, order, context.workers, context.device, rows=source_rows(rows))
    done = 0
    for batch in loader:
        yield batch
        done += len(batch)
        context.after_batch(done)
