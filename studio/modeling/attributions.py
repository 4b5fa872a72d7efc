"""attribute_table: what in the inputs of some rows explains their predictions, where a recipe can say."""

from typing import Any

import pandas as pd
import torch
from torch import nn

from studio.modeling.loading import BatchLoader, ScoringOrder
from studio.modeling.recipe import Attribution, Media, Recipe


def attribute_table(
    recipe: Recipe[Any], model: nn.Module, table: pd.DataFrame, media: Media, *, device: torch.device, batch_size: int
) -> list[Attribution] | None:
    """What in the input of every row explains its prediction, in 32-bit floats; None where the problem type has none.

    A pass of its own: scoring keeps no gradients, and only a few rows are ever looked at.
    """
    samples = recipe.samples(table, media, training=False)
    loader = BatchLoader(recipe, samples, ScoringOrder(len(table), batch_size), 0, device)
    was_training = model.training
    model.eval()
    found: dict[int, Attribution] = {}
    try:
        for batch in loader:
            maps = recipe.attributions(model, batch)
            if maps is None:
                return None
            found |= dict(zip(batch.rows, maps, strict=True))
    finally:
        model.train(was_training)
    return [found[row] for row in range(len(table))]
