"""score_table: what a model says about every row of a table. Validation, test, prediction and pipelines all use it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from studio.modeling.freed_memory import FreedMemory
from studio.modeling.loading import BatchLoader, ScoringOrder, source_rows
from studio.modeling.precision import Precision, autocast
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Media, Recipe, Scored


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
    raw: dict[int, Raw] = {}
    losses: dict[int, float] = {}
    for rows, scored in score_batches(
        recipe, model, table, media, device=device, precision=precision, batch_size=batch_size, workers=workers
    ):
        raw.update(zip(rows, scored.raw, strict=True))
        if scored.losses is not None:
            losses.update(zip(rows, scored.losses.tolist(), strict=True))
        after_batch(len(raw))
    known = np.array([losses.get(row, np.nan) for row in range(len(table))], dtype=np.float32) if losses else None
    return ScoredTable(table, tuple(raw[row] for row in range(len(table))), known)


def evaluate_table(
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
) -> dict[str, float]:
    """`loss` and every metric of a table, as those of `score_table` are; no row is kept that metrics can do without."""
    accumulator = recipe.accumulator(table)
    arguments: dict[str, Any] = {
        "device": device, "precision": precision, "batch_size": batch_size, "workers": workers
    }  # fmt: skip
    if accumulator is None:
        whole = score_table(recipe, model, table, media, after_batch=after_batch, **arguments)
        return {"loss": whole.mean_loss(), **recipe.metrics(whole)}
    total, known, done = 0.0, 0, 0
    for rows, scored in score_batches(recipe, model, table, media, **arguments):
        accumulator.add(rows, scored.raw)
        if scored.losses is not None:
            total += float(np.nansum(scored.losses))
            known += int(np.isfinite(scored.losses).sum())
        done += len(rows)
        after_batch(done)
    return {"loss": total / known if known else float("nan"), **accumulator.metrics()}


def score_batches(
    recipe: Recipe[Any],
    model: nn.Module,
    table: pd.DataFrame,
    media: Media,
    *,
    device: torch.device,
    precision: Precision,
    batch_size: int,
    workers: int = 0,
) -> Iterator[tuple[list[int], Scored]]:
    """Positions in the table and predictions, batch by batch, in the order that costs least."""
    if table.empty:
        return
    samples = recipe.samples(table, media, training=False)
    order = ScoringOrder(len(table), batch_size, samples.lengths())
    loader = BatchLoader(recipe, samples, order, workers, device, rows=source_rows(table))
    freed = FreedMemory()
    was_training = model.training
    model.eval()
    try:
        for batch in loader:
            with torch.inference_mode(), autocast(precision, device):
                scored = recipe.score(model, batch)
            yield batch.rows, scored
            freed.give_back()
    finally:
        model.train(was_training)
