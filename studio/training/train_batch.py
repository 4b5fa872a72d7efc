"""The first training batch as the model sees it, as an insight: it proves reading, augmentation and mixing."""

import itertools

import numpy as np
import pandas as pd
import torch
from PIL import Image

from studio.modeling.loading import TrainingOrder
from studio.modeling.recipe import BatchPicture, Samples
from studio.results.insight import Insight
from studio.results.insight import Samples as SamplesPayload
from studio.results.sample_view import MediaRef, SampleView
from studio.training.insights import write_insight
from studio.training.job import Job

KEY = "train-batch"


def write_train_batch(job: Job, samples: Samples, order: TrainingOrder, table: pd.DataFrame) -> None:
    """Write pictures of the first batch, as many as the settings ask for; no random number of the run is used up."""
    count = int(job.settings.logging.number_of_images)
    order.begin(0)
    draws = next(iter(order), [])[: max(count, 2)]
    if not draws or not count:
        return
    with torch.random.fork_rng(devices=[]):
        batch = job.recipe.mix(job.recipe.collate([samples[draw] for draw in draws]))
    pictures = itertools.islice(job.recipe.batch_pictures(batch, table), count)
    views = [_with_media(job, picture, index) for index, picture in enumerate(pictures)]
    write_insight(
        job.folder,
        job.reporter,
        Insight(
            key=KEY,
            group="train",
            title="Train batch",
            how_to_read="The first training batch as the model sees it, after resizing, augmentation and mixing.",
            payload=SamplesPayload(samples=tuple(views), confidence=None),
        ),
    )


def _with_media(job: Job, picture: BatchPicture, index: int) -> SampleView:
    name = f"insights/media/{KEY}-{index}.png"
    # Of images with other numbers of channels, the first three are shown, or the first.
    shown = picture.pixels[:, :, :3] if picture.pixels.shape[2] >= 3 else picture.pixels[:, :, 0]
    pixels = np.ascontiguousarray(shown)
    Image.fromarray(pixels).save(job.folder.path / name)
    height, width = pixels.shape[:2]
    return picture.view.model_copy(update={"media": MediaRef(origin="run", path=name, width=width, height=height)})
