"""Job: everything one training is made of, put together from its order."""

from dataclasses import dataclass
from typing import Any

import torch

from studio.datasets.dataset import Dataset
from studio.datasets.folds import Split, split
from studio.errors import DatasetError
from studio.modeling.loading import data_workers
from studio.modeling.recipe import Media, Recipe
from studio.modeling.recipes import recipe_class
from studio.problems.contract import ProblemType
from studio.problems.registry import problem_type
from studio.results.metric import MetricInfo
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.reporter import Reporter
from studio.training.stopping import StopSignal


@dataclass(frozen=True)
class Job:
    """One training run, ready to begin."""

    folder: RunFolder
    spec: RunSpec
    problem_type: ProblemType
    settings: Any
    """A SettingsSchema whose sections depend on the problem type."""
    dataset: Dataset
    split: Split
    media: Media
    recipe: Recipe[Any]
    device: torch.device
    seed: int
    reporter: Reporter
    stop: StopSignal

    @property
    def workers(self) -> int:
        """Data workers of this run."""
        return data_workers(self.settings.environment.number_of_workers, self.spec.threads)

    @property
    def metric(self) -> MetricInfo:
        """The metric that chooses the best checkpoint."""
        return self.problem_type.metric(self.settings.prediction.metric)


def make_job(folder: RunFolder, spec: RunSpec, seed: int, reporter: Reporter, stop: StopSignal) -> Job:
    """The job of an order: settings read, dataset opened and split, target learned.

    Raises:
        StudioError: if settings or dataset do not allow the run.
    """
    kind = problem_type(spec.problem_type)
    settings = kind.model_type(spec.model_type).settings.from_mapping(spec.settings).normalized()
    dataset = Dataset.open(spec.dataset_folder(folder.path))
    if spec.dataset_fingerprint and spec.dataset_fingerprint != dataset.manifest.fingerprint:
        raise DatasetError(
            "The dataset is not the one this run was planned with.",
            hint="Start a new experiment.",
            code="dataset_changed",
        )
    tables = split(dataset, settings, spec.fold)
    recipe_type = recipe_class(kind)
    return Job(
        folder=folder,
        spec=spec,
        problem_type=kind,
        settings=settings,
        dataset=dataset,
        split=tables,
        media=Media(dataset.media, str(settings.value("dataset.data_folder"))),
        recipe=recipe_type(settings, recipe_type.target_of(settings, tables.train), kind.metrics),
        device=torch.device("cuda", 0) if spec.devices and torch.cuda.is_available() else torch.device("cpu"),
        seed=seed,
        reporter=reporter,
        stop=stop,
    )
