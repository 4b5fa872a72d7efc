"""score_table: what a model says about every row of a table. Validation, test, prediction and pipelines all use it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from studio.modeling.loading import BatchLoader, ScoringOrder, source_rows
from studio.modeling.precision import Precision, autocast
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Media, Recipe


def score_table(
    recipe: Recipe[Any],
    model: nn.Module,
    table: pd.DataFrame,
    media: Media,
    *,
    device: torch.device,
    precision: Precision,
    batch_size: int,
    workers: int = 0,
    after_batch: Callable[[int], None] = lambda rows: None,
) -> ScoredTable:
    """Raw predictions and losses of a table. `after_batch` hears how many rows are done; what it raises, ends it."""
    if table.empty:
        return ScoredTable(table, (), None)
    samples = recipe.samples(table, media, training=False)
    order = ScoringOrder(len(table), batch_size, samples.lengths())
    loader = BatchLoader(recipe, samples, order, workers, device, rows=source_rows(table))
    was_training = model.training
    model.eval()
    raw: dict[int, Raw] = {}
    losses: dict[int, float] = {}
    try:
        with torch.inference_mode():
            for batch in loader:
                with autocast(precision, device):
                    scored = recipe.score(model, batch)
                raw.update(zip(batch.rows, scored.raw, strict=True))
                if scored.losses is not None:
                    losses.update(zip(batch.rows, scored.losses.tolist(), strict=True))
                after_batch(len(raw))
    finally:
        model.train(was_training)
    rows = range(len(table))
    known = np.array([losses.get(row, np.nan) for row in rows], dtype=np.float32) if losses else None
    return ScoredTable(table, tuple(raw[row] for row in rows), known)
