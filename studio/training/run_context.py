"""Run context: everything one training is made of, put together from its order."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from pyarrow.parquet import read_schema

from studio.datasets.checksums import require_whole
from studio.datasets.dataset import Dataset
from studio.datasets.folds import Split, split
from studio.errors import DatasetError, TrainingError, in_quotes
from studio.modeling.compute_mode import ComputeMode
from studio.modeling.input_cache import InputCache, open_cache
from studio.modeling.loading import data_workers
from studio.modeling.recipe import Assets, Media, Recipe, Target
from studio.problems.contract import ProblemType
from studio.problems.recipes import recipe_class
from studio.problems.registry import problem_type
from studio.results.metric import MetricInfo
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.scoring.bundle import Bundle, open_start_weights, read_assets, write_assets
from studio.settings.schema import SettingsSchema
from studio.training.failures.low_disk import LowDisk
from studio.training.processes.distributed import ALONE, ProcessGroup
from studio.training.processes.stopping import StopSignal
from studio.training.progress import ONLY_STAGE, Stage
from studio.training.reporting.reporter import Reporter
from studio.training.reporting.stopwatch import Stopwatch
from studio.training.start.dataset_files import DATA_FOLDER, TEST_FOLDER, require_media


@dataclass(frozen=True)
class RunContext:
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
    watch: Stopwatch
    disk: LowDisk
    process_group: ProcessGroup = ALONE
    stage: Stage = ONLY_STAGE
    mode: ComputeMode | None = None
    """How to compute, if an earlier stage has found out."""
    start: Bundle | None = None
    """The trained model that this run starts from."""

    @property
    def workers(self) -> int:
        """Data workers of this process."""
        return data_workers(self.settings.environment.number_of_workers, threads_of(self.spec))

    @property
    def test_media(self) -> Media:
        """Where the files of the test table are."""
        fields = self.settings.fields()
        folder = self.settings.value(TEST_FOLDER) if TEST_FOLDER in fields else None
        return self.media if folder is None else replace(self.media, folder=str(folder))

    @property
    def metric(self) -> MetricInfo:
        """The metric that chooses the best checkpoint."""
        return self.problem_type.metric(self.settings.prediction.metric)

    def after_batch(self, rows: int) -> None:
        """What every scored batch means: the run goes on, unless it was asked to stop.

        Raises:
            StopRequested: if it was.
        """
        self.reporter.heartbeat.alive()
        self.stop.check()


def threads_of(spec: RunSpec) -> int:
    """Cores that each process of a run may use."""
    return max(1, spec.threads // max(1, len(spec.devices)))


def make_context(
    folder: RunFolder,
    spec: RunSpec,
    seed: int,
    reporter: Reporter,
    stop: StopSignal,
    process_group: ProcessGroup = ALONE,
) -> RunContext:
    """The context of an order: settings read, dataset opened and split, target learned.

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
    if process_group.is_first:
        require_whole(dataset.folder)
    _require_columns(kind, settings, dataset)
    tables = split(dataset, settings, spec.fold)
    if process_group.is_first:
        require_media(dataset, kind, settings, tables, reporter)
    start = None
    if spec.start_weights:
        start_folder = (folder.path / spec.start_weights).resolve()
        start = open_start_weights(start_folder, spec.problem_type, spec.model_type, settings)
    recipe_type = recipe_class(kind, spec.model_type)
    learned = tables.learned(settings)
    if tables.is_inference_only and start is None and settings.is_useful_untrained and tables.test is not None:
        # A published model brings what it predicts; the test rows stand in for those it would learn from.
        learned = tables.test
    target = _target_of(start) if learned.empty else recipe_type.target_of(settings, learned)
    assets = _assets(folder, spec, process_group, start, lambda: recipe_type.assets_of(settings, learned))
    device = torch.device("cuda", 0) if spec.devices and torch.cuda.is_available() else torch.device("cpu")
    return RunContext(
        folder=folder,
        spec=spec,
        problem_type=kind,
        settings=settings,
        dataset=dataset,
        split=tables,
        media=Media(dataset.media, media_folder(settings), cache=_cache(dataset, settings, spec)),
        recipe=recipe_type(settings, target, kind.metrics, assets),
        device=device,
        seed=seed,
        reporter=reporter,
        stop=stop,
        watch=Stopwatch(device),
        disk=LowDisk.of(folder.path, os.environ if process_group.is_first else {}),
        process_group=process_group,
        start=start,
    )


def _require_columns(kind: ProblemType, settings: SettingsSchema, dataset: Dataset) -> None:
    """Check that the train table has the columns that the settings name.

    Raises:
        DatasetError: naming those that it has not.
    """
    name = settings.value("dataset.train_dataframe")
    info = dataset.table_info(name) if name is not None else None
    if info is None:
        return  # there is nothing to learn from, or `split` says that there is no such table
    there = set(read_schema(dataset.folder / info.file).names)
    fields = settings.fields()
    chosen = [settings.value(f"dataset.{role.name}") for role in kind.roles if f"dataset.{role.name}" in fields]
    named = [column for one in chosen if one for column in ((one,) if isinstance(one, str) else one)]
    missing = [column for column in dict.fromkeys(named) if column not in there]
    if missing:
        raise DatasetError(
            f"The table {in_quotes(name)} has no column {', '.join(repr(one) for one in missing)}.",
            hint="Choose other columns, or import the dataset again.",
            code="missing_column",
        )


def media_folder(settings: SettingsSchema) -> str:
    """The folder of the files that the tables name; the whole of it where tables name none."""
    return str(settings.value(DATA_FOLDER)) if DATA_FOLDER in settings.fields() else "."


def _assets(
    folder: RunFolder, spec: RunSpec, process_group: ProcessGroup, start: Bundle | None, make: Callable[[], Assets]
) -> dict[str, bytes]:
    """What the model needs beside its weights: of the start weights, of the attempt before, or made now, once."""
    if process_group.is_first and not (spec.resume and folder.assets.is_dir()):
        shutil.rmtree(folder.assets, ignore_errors=True)
        write_assets(folder.assets, make() if start is None else start.assets())
    process_group.from_first(None)
    return read_assets(folder.assets)


def _target_of(start: Bundle | None) -> Target:
    """What a run without training rows predicts: what its start weights do."""
    if start is None:
        raise TrainingError(
            "There is no model to predict with: nothing is trained, and no weights of another run are used.",
            hint="Choose a train dataframe, or From experiment with Use previous experiment weights.",
            code="no_model",
        )
    return Target.from_json(start.manifest.target)


def _cache(dataset: Dataset, settings: Any, spec: RunSpec) -> InputCache | None:
    """Where decoded inputs are kept, unless the settings or the disk are against it."""
    if getattr(settings.environment, "cache_inputs", "Off") == "Off":
        return None
    writers = len(spec.devices) * (1 + data_workers(settings.environment.number_of_workers, threads_of(spec)))
    return open_cache(dataset.folder, dataset.manifest.fingerprint, max(1, writers))
