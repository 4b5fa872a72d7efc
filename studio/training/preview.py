"""Preview: what settings make of real rows, as training and inference see them, without training anything."""

from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from studio.datasets.dataset import Dataset
from studio.errors import DatasetError
from studio.files import write_json
from studio.modeling.recipe import Draw, Media, Recipe
from studio.modeling.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.results.sample_view import SampleView
from studio.runs.events import Finished
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.job import media_folder
from studio.training.pictures import written
from studio.training.reporter import Reporter
from studio.training.stopping import StopSignal

ROWS = 4
DRAWS = 2
"""Times a row is augmented, each time another way."""


class PreviewResult(BaseModel):
    """The pictures of both pipelines, in the order of the rows."""

    model_config = ConfigDict(frozen=True)

    train: tuple[SampleView, ...]
    inference: tuple[SampleView, ...]


def preview(folder: RunFolder, spec: RunSpec, reporter: Reporter, stop: StopSignal) -> Finished:
    """Carry out a preview order; the result lies in the run's folder.

    Raises:
        StudioError: if the settings cannot be applied to the rows, with the step that fails.
    """
    kind = problem_type(spec.problem_type)
    settings: Any = kind.model_type(spec.model_type).settings.from_mapping(spec.settings).normalized()
    dataset = Dataset.open(spec.dataset_folder(folder.path))
    table = _some_rows(dataset, settings)
    recipe_type = recipe_class(kind)
    assets = recipe_type.assets_of(settings, table)
    recipe = recipe_type(settings, recipe_type.target_of(settings, table), kind.metrics, assets)
    media = Media(dataset.media, media_folder(settings))
    stop.check()
    train = [Draw(row, seed=row * DRAWS + again) for row in range(len(table)) for again in range(DRAWS)]
    inference = [Draw(row) for row in range(len(table))]
    result = PreviewResult(
        train=tuple(_views(folder, recipe, table, media, train, training=True)),
        inference=tuple(_views(folder, recipe, table, media, inference, training=False)),
    )
    write_json(folder.preview, result.model_dump(mode="json"), durable=False)
    reporter.progress(1.0)
    return Finished()


def _some_rows(dataset: Dataset, settings: Any) -> pd.DataFrame:
    """Rows spread over the table."""
    name = settings.value("dataset.train_dataframe") or settings.value("dataset.test_dataframe")
    if not name:
        raise DatasetError("No table is chosen whose rows could be tried.", hint="Choose a train dataframe.")
    table = dataset.table(name)
    chosen = np.unique(np.linspace(0, len(table) - 1, ROWS).round().astype(int))
    return table.iloc[chosen].reset_index(drop=True)


def _views(
    folder: RunFolder, recipe: Recipe[Any], table: pd.DataFrame, media: Media, draws: list[Draw], *, training: bool
) -> list[SampleView]:
    """The rows as a batch, with their pictures written."""
    samples = recipe.samples(table, media, training=training)
    batch = recipe.collate([samples[draw] for draw in draws])
    split = "train" if training else "inference"
    pictures = recipe.batch_pictures(recipe.mix(batch) if training else batch, table)
    return [written(folder, picture, f"{split}-{index}") for index, picture in enumerate(pictures)]
