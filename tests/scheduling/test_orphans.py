"""Workers whose run has no row are ended, also those that outlived a server; nobody else is."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.orphans import end_orphans, worker_processes
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.support.requirements import covers

Work = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def work(home: Home) -> Iterator[Work]:
    """Starts processes in folders of the home; those with the module's name on their command line are workers."""
    started = []

    def start(kind: WorkerKind, id: str, module: str = "studio.training") -> subprocess.Popen[bytes]:
        folder = home.worker_folder(kind, id)
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", "import time; time.sleep(60)", "-m", module, str(folder)]
        started.append(subprocess.Popen(command, cwd=folder, start_new_session=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


def insert(store: Store, id: str) -> None:
    spec = RunSpec(run_id=id, problem_type="image_classification")
    store.runs.insert(RunRow(id, WorkerKind.TRAIN, spec, 1.0))


@covers("F115")
def test_a_worker_without_a_row_is_ended_also_where_its_folder_is_gone(home: Home, store: Store, work: Work) -> None:
    insert(store, "run-known")
    known = work(WorkerKind.TRAIN, "run-known")
    answering = work(WorkerKind.ONLINE_INFERENCE, "run-known")
    orphans = [work(kind, "run-gone") for kind in (WorkerKind.TRAIN, WorkerKind.INSPECT, WorkerKind.ONLINE_INFERENCE)]
    stranger = work(WorkerKind.TRAIN, "run-gone", module="an editor")
    for _ in range(100):
        if len(list(worker_processes(home))) == 5:
            break
        time.sleep(0.05)
    home.worker_folder(WorkerKind.TRAIN, "run-gone").rmdir()

    assert end_orphans(home, store) == 3

    assert [one.wait(5) for one in orphans] == [-9, -9, -9]
    assert [one.poll() for one in (known, answering, stranger)] == [None, None, None]
    assert end_orphans(home, store) == 0


@covers("F115")
def test_the_scheduler_looks_for_them_at_its_start_and_again(bench: Callable, work: Work, tmp_path: Path) -> None:
    b = bench()
    first = work(WorkerKind.TRAIN, "run-gone")
    while not list(worker_processes(b.home)):
        time.sleep(0.05)
    b.tick()
    assert first.wait(5) == -9

    second = work(WorkerKind.TRAIN, "run-gone")
    while not list(worker_processes(b.home)):
        time.sleep(0.05)
    b.tick(seconds=1.0)
    assert second.poll() is None
    b.tick(seconds=10.0)
    assert second.wait(5) == -9


@covers("F121")
def test_a_worker_whose_folder_was_removed_is_ended_though_its_run_has_a_row(
    home: Home, store: Store, work: Work
) -> None:
    insert(store, "run-known")
    worker = work(WorkerKind.TRAIN, "run-known")
    while not list(worker_processes(home)):
        time.sleep(0.05)
    home.worker_folder(WorkerKind.TRAIN, "run-known").rmdir()

    assert end_orphans(home, store) == 1
    assert worker.wait(5) == -9
