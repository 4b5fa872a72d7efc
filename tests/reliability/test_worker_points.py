"""I14: the points that the server keeps of a run that was killed are those of a run that was not."""

import sqlite3
from pathlib import Path

import pytest

from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.reliability.worker_runs import make_worker_run
from tests.support.forked_worker import Points, fork_worker, next_attempt, stream, tail
from tests.support.requirements import covers

pytestmark = pytest.mark.trust


def kept_points(database: Path) -> Points:
    """What the database holds, in the order of steps."""
    query = "SELECT name, step, value FROM metric_point JOIN series ON series.key = series_key ORDER BY name, step"
    points: Points = {}
    connection = sqlite3.connect(database)
    for name, step, value in connection.execute(query):
        points.setdefault(name, []).append((step, value))
    connection.close()
    return points


@covers("I12", "I14")
def test_the_server_keeps_every_point_once_across_killed_attempts(tmp_path: Path) -> None:
    """The log is projected after every attempt, as the server does it while the worker lives."""
    settings = {"training.epochs": 4, "training.evaluation_epochs": 0.5}
    whole = make_worker_run(tmp_path / "whole", settings)
    assert fork_worker(whole).wait() == 0
    folder = make_worker_run(tmp_path / "killed", settings)
    home = Home.create(tmp_path / "home")
    store = Store.open(home)
    spec = RunSpec.read(folder)
    store.runs.insert(RunRow(id="run-1", kind=WorkerKind.TRAIN, spec=spec, created=1.0, experiment_id=None))

    codes = []
    for place in ("update:kill@9", "update:kill@5", "validation:kill@3", ""):
        codes.append(fork_worker(folder, {"STUDIO_FAIL": place}).wait())
        store.projector.project(store.runs.get("run-1"), RunFolder(folder).events)
        next_attempt(folder)

    store.close()
    found = kept_points(home.database)
    assert codes == [-9, -9, -9, 0], tail(folder)
    assert found == stream(folder) == stream(whole)
