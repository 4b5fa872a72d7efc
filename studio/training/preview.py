"""Preview: what settings make of real rows, as training and inference see them, without training anything."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from studio.datasets.dataset import Dataset
from studio.errors import DatasetError
from studio.files import write_json
from studio.modeling.recipe import Media, Recipe, SampleIndex
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.results.sample_view import SampleView
from studio.runs.events import Finished
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.outputs.pictures import written
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import Reporter
from studio.training.run_context import media_folder

ROWS = 4
COUNTED_ROWS = 100_000
"""Of a larger table, as many rows are looked at: an answer is awaited."""
DRAWS = 2
"""Times a row is augmented, each time another way."""


class PreviewResult(BaseModel):
    """The pictures of both pipelines, in the order of the rows."""

    model_config = ConfigDict(frozen=True)

    train: tuple[SampleView, ...]
    inference: tuple[SampleView, ...]
    notes: tuple[str, ...] = ()
    """What is to be known about all rows, such as how many of them are cut."""


def preview(folder: RunFolder, spec: RunSpec, reporter: Reporter, stop: StopSignal) -> Finished:
    """Carry out a preview order; the result lies in the run's folder.

    Raises:
        StudioError: if the settings cannot be applied to the rows, with the step that fails.
    """
    kind = problem_type(spec.problem_type)
    settings: Any = kind.model_type(spec.model_type).settings.from_mapping(spec.settings).normalized()
    dataset = Dataset.open(spec.dataset_folder(folder.path))
    rows = _table(dataset, settings)
    table = _spread(rows, ROWS)
    recipe_type = recipe_class(kind, spec.model_type)
    # What is learned from the table is learned from all of it: the tokens of four rows would not be those of a run.
    assets = recipe_type.assets_of(settings, rows)
    recipe = recipe_type(settings, recipe_type.target_of(settings, rows), kind.metrics, assets)
    media = Media(dataset.media, media_folder(settings))
    stop.check()
    train = [SampleIndex(row, seed=row * DRAWS + again) for row in range(len(table)) for again in range(DRAWS)]
    inference = [SampleIndex(row) for row in range(len(table))]
    result = PreviewResult(
        train=tuple(_views(folder, recipe, table, media, train, training=True)),
        inference=tuple(_views(folder, recipe, table, media, inference, training=False)),
        notes=tuple(_notes(recipe, rows, media)) if kind.media_role is None else (),
    )
    write_json(folder.preview, result.model_dump(mode="json"), durable=False)
    reporter.progress(1.0)
    return Finished()


def _table(dataset: Dataset, settings: Any) -> pd.DataFrame:
    """The rows that would be trained on."""
    name = settings.value("dataset.train_dataframe") or settings.value("dataset.test_dataframe")
    if not name:
        raise DatasetError("No table is chosen whose rows could be tried.", hint="Choose a train dataframe.")
    return dataset.table(name)


def _spread(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """At most this many rows, spread over a table."""
    chosen = np.unique(np.linspace(0, len(table) - 1, count).round().astype(int))
    return table.iloc[chosen].reset_index(drop=True)


def _notes(recipe: Recipe[Any], rows: pd.DataFrame, media: Media) -> Iterator[str]:
    """How many rows do not fit into the model's input, as the model's own tokenizer counts."""
    looked_at = _spread(rows, COUNTED_ROWS)
    cut = recipe.samples(looked_at, media, training=False).cut_count()
    if cut is None:
        return
    of = f"{len(looked_at):,} rows" if len(looked_at) == len(rows) else f"{len(looked_at):,} of {len(rows):,} rows"
    if cut:
        share = cut / max(1, len(looked_at))
        yield f"Of {of}, {cut:,} ({share:.1%}) are longer than the model's maximum: they are truncated."
    else:
        yield f"Of {of}, none is longer than the model's maximum."


def _views(
    folder: RunFolder,
    recipe: Recipe[Any],
    table: pd.DataFrame,
    media: Media,
    draws: list[SampleIndex],
    *,
    training: bool,
) -> list[SampleView]:
    """The rows as a batch, with their pictures written."""
    samples = recipe.samples(table, media, training=training)
    batch = recipe.collate([samples[draw] for draw in draws])
    split = "train" if training else "inference"
    pictures = recipe.batch_pictures(recipe.mix(batch) if training else batch, table)
    return [written(folder, picture, f"{split}-{index}") for index, picture in enumerate(pictures)]
