"""A store on a real SQLite file, and ways to fill it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from studio.runs import events
from studio.runs.spec import RunSpec, WorkerKind
from studio.store.experiments import ExperimentRow
from studio.store.runs import RunRow
from studio.store.store import Store

AddRun = Callable[..., RunRow]
WriteLog = Callable[..., Path]


@pytest.fixture
def add_experiment(store: Store) -> Callable[..., ExperimentRow]:
    def add(id: str = "exp-1", **values: object) -> ExperimentRow:
        fields = {
            "name": id,
            "problem_type": "image_classification",
            "model_type": None,
            "dataset_id": None,
            "settings": {},
            "grid": {},
            "document_version": 1,
            "fingerprint": "",
            "colour": 0,
            "created": 1.0,
            "metric": "LogLoss",
            "metric_label": "Log loss",
            "direction": "minimize",
        }
        row = ExperimentRow(id=id, **{**fields, **values})
        store.experiments.insert(row)
        return row

    return add


@pytest.fixture
def add_run(store: Store, add_experiment: Callable[..., ExperimentRow]) -> AddRun:
    def add(id: str = "run-1", experiment_id: str | None = "exp-1", **values: object) -> RunRow:
        if experiment_id is not None and experiment_id not in dict(store.experiments.names()):
            add_experiment(experiment_id)
        spec = RunSpec(run_id=id, problem_type="image_classification")
        store.runs.insert(
            RunRow(id=id, kind=WorkerKind.TRAIN, spec=spec, created=1.0, experiment_id=experiment_id, **values)
        )
        return store.runs.get(id)

    return add


@pytest.fixture
def write_log(tmp_path: Path) -> WriteLog:
    """Appends events to a log as a worker would, numbered on."""
    path = tmp_path / "events.jsonl"
    count = 0

    def write(*items: BaseModel, fence: int = 1, attempt: int = 1) -> Path:
        nonlocal count
        with path.open("ab") as log:
            for item in items:
                count += 1
                stamp = {"n": count, "fence": fence, "attempt": attempt, "time": 100.0 + count}
                log.write(events.encode(item.model_copy(update=stamp)))
        return path

    return write
