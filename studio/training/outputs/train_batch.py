"""The first training batch as the model sees it, as an insight: it proves reading, augmentation and mixing."""

import itertools

import pandas as pd
import torch

from studio.modeling.loading import TrainingOrder
from studio.modeling.recipe import Samples
from studio.results.insight import Insight, SamplePanel
from studio.results.insight import Samples as SamplesPayload
from studio.training.outputs.insights import write_insight
from studio.training.outputs.pictures import written
from studio.training.run_context import RunContext

KEY = "train-batch"


def write_train_batch(context: RunContext, samples: Samples, order: TrainingOrder, table: pd.DataFrame) -> None:
    """Write pictures of the first batch, as many as the settings ask for; no random number of the run is used up."""
    count = int(context.settings.logging.shown_samples)
    order.begin(0)
    draws = next(iter(order), [])[: max(count, 2)]
    if not draws or not count:
        return
    with torch.random.fork_rng(devices=[]):
        batch = context.recipe.mix(context.recipe.collate([samples[draw] for draw in draws]))
    pictures = itertools.islice(context.recipe.batch_pictures(batch, table), count)
    views = [written(context.folder, picture, f"{KEY}-{index}") for index, picture in enumerate(pictures)]
    write_insight(
        context.folder,
        context.reporter,
        Insight(
            key=KEY,
            group="train",
            title=SamplePanel.TRAIN_BATCH,
            how_to_read="The first training batch as the model sees it, after resizing, augmentation and mixing.",
            payload=SamplesPayload(samples=tuple(views), confidence=None),
        ),
    )
