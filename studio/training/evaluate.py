"""Evaluation while training: losses and metrics of a table with the weights of the moment."""

import pandas as pd
from torch import nn

from studio.modeling.precision import Precision
from studio.modeling.scoring import evaluate_table
from studio.training.run_context import RunContext

MIN_TRAIN_METRIC_ROWS = 256


def evaluate(
    context: RunContext, model: nn.Module, table: pd.DataFrame, batch_size: int, precision: Precision
) -> dict[str, float]:
    """`loss` and every metric of a table; stops early when the run is asked to stop.

    Raises:
        StopRequested: in the middle, when asked to.
    """
    return evaluate_table(
        context.recipe,
        model,
        table,
        context.media,
        device=context.device,
        precision=precision,
        batch_size=batch_size,
        workers=context.workers if len(table) > batch_size else 0,
        after_batch=context.after_batch,
    )


def train_metric_rows(context: RunContext) -> pd.DataFrame:
    """The training rows that the train metric looks at: as many as validation has, so that it costs no more."""
    count = max(len(context.split.validation), MIN_TRAIN_METRIC_ROWS)
    if count >= len(context.split.train):
        return context.split.train
    return context.split.train.sample(count, random_state=0).sort_index()
