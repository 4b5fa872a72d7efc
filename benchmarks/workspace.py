"""Datasets and run folders for benchmarks, made as an import and a start in the studio make them."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.datasets.dataset import Dataset
from studio.importing.build import ImportOrder, make_dataset
from studio.importing.scan import scan_files
from studio.problems.registry import problem_type
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec

TRAINING_ONLY: dict[str, Any] = {
    "training.evaluation_epochs": 1000.0,
    "training.build_scoring_pipelines": False,
    "dataset.validation_strategy": "automatic",
    "dataset.validation_size": 0.05,
    "dataset.test_dataframe": None,
}
"""Settings of runs of which only the training is measured."""


class Silent:
    """An inspection that tells nobody."""

    def progress(self, fraction: float, detail: str = "") -> None:
        """Say nothing."""

    def log(self, level: str, text: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Source:
    """Real data in a folder: tables, images, and the columns' roles."""

    problem_type: str
    folder: Path
    roles: Mapping[str, Any]
    train: str = "train.csv"
    test: str | None = "test.csv"
    media_folder: str = "images"


def import_dataset(source: Source, target: Path) -> Dataset:
    """The dataset of a source, imported into `target` unless it is there already."""
    if (target / "dataset.json").is_file():
        return Dataset.open(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    return make_dataset(
        ImportOrder(
            files=source.folder,
            target=target,
            dataset_id=target.name,
            name=source.folder.name,
            problem_type=problem_type(source.problem_type),
            tables={"train": source.train, **({"test": source.test} if source.test else {})},
            media_folder=source.media_folder,
            roles=source.roles,
        ),
        Silent(),
    )


def import_example(id: str, target: Path) -> Dataset:
    """The example dataset of a problem type, imported into `target`."""
    kind = problem_type(id)
    files = target.with_name(f"{target.name}-files")
    files.mkdir(parents=True)
    kind.make_example(files)
    found = scan_files(files, {"problem_type": kind.id}).choices
    return make_dataset(
        ImportOrder(
            files=files,
            target=target,
            dataset_id=target.name,
            name=kind.example_title,
            problem_type=kind,
            tables=found.tables(),
            media_folder=found.media_folder or ".",
            roles={role.name: found.roles[role.name] for role in kind.roles if found.roles.get(role.name)},
        ),
        Silent(),
    )


def make_run(
    folder: Path,
    dataset: Dataset,
    settings: Mapping[str, Any],
    *,
    threads: int,
    seed: int = 1,
    model_type: str | None = None,
) -> Path:
    """A run folder with its order; `settings` are changes by key on top of the defaults."""
    shutil.rmtree(folder, ignore_errors=True)
    RunFolder.create(folder)
    kind = problem_type(dataset.manifest.problem_type)
    model = kind.model_type(model_type)
    train = dataset.manifest.table_of_role("train")
    test = dataset.manifest.table_of_role("test")
    decided = {
        "dataset.train_dataframe": train.name if train else "",
        "dataset.test_dataframe": test.name if test else None,
        **({"dataset.data_folder": dataset.manifest.media_folder} if kind.media_role else {}),
        **{f"dataset.{role}": list(v) if isinstance(v, tuple) else v for role, v in dataset.manifest.roles.items()},
    }
    values = {**{key: value for key, value in decided.items() if key in model.settings.fields()}, **settings}
    RunSpec(
        run_id=folder.name,
        problem_type=kind.id,
        model_type=model.id,
        settings=model.settings.from_mapping(values).nested(),
        dataset=str(dataset.folder),
        dataset_fingerprint=dataset.manifest.fingerprint,
        fold="0",
        seed=seed,
        threads=threads,
    ).write(folder)
    return folder


def run_worker(folder: Path) -> int:
    """Work on a run in a process of its own; gives its exit code."""
    with (folder / "worker.log").open("wb") as log:
        return subprocess.run(
            [sys.executable, "-m", "studio.training", str(folder)], stdout=log, stderr=log, check=False
        ).returncode
