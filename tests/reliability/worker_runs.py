"""Small trainings to be broken: one example dataset a process, a copy of it where a test changes it."""

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from benchmarks.workspace import import_example, make_run
from studio.datasets.dataset import Dataset
from studio.problems.registry import problem_type
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from tests.support.forked_worker import fork_worker, tail

IMAGES = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.batch_size": 16,
    "training.epochs": 1,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 0,
    "environment.memory_layout": "Channels last",
    "environment.mixed_precision_training": False,
    "logging.number_of_images": 2,
    "dataset.test_dataframe": None,
}
TEXTS = {
    "architecture.backbone": "scratch/bert-mini",
    "architecture.pretrained": False,
    "tokenizer.max_length": 32,
    **{name: value for name, value in IMAGES.items() if name.partition(".")[0] in ("training", "environment")},
    "dataset.test_dataframe": None,
}


@cache
def example(kind: str) -> Dataset:
    """The example dataset of a problem type, imported once a process."""
    return import_example(kind, Path(mkdtemp(prefix="studio-test-")) / "datasets" / kind)


def make_worker_run(
    home: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    kind: str = "image_classification",
    own_dataset: bool = False,
    threads: int = 1,
    **order: Any,
) -> Path:
    """A run folder in a home, with the smallest settings and changes to them and to the order."""
    dataset = example(kind)
    if own_dataset:
        dataset = Dataset.open(shutil.copytree(dataset.folder, home / "datasets" / kind))
    smallest = TEXTS if kind.startswith("text") else IMAGES
    fields = problem_type(kind).model_type(None).settings.fields()
    values = {key: value for key, value in {**smallest, **(settings or {})}.items() if key in fields}
    folder = make_run(home / "run", dataset, values, threads=threads, seed=order.pop("seed", 3))
    if order:
        RunSpec.read(folder).model_copy(update=order).write(folder)
    return RunFolder(folder).path


def undisturbed(settings: Mapping[str, Any]) -> Path:
    """A finished run of the smallest settings with these changes, trained once a process, to be read only."""
    return _undisturbed(tuple(sorted(settings.items())))


@cache
def _undisturbed(settings: tuple[tuple[str, Any], ...]) -> Path:
    folder = make_worker_run(Path(mkdtemp(prefix="studio-test-")), dict(settings))
    assert fork_worker(folder).wait() == 0, tail(folder)
    return folder
