"""Every change of a life (start, stop, resume, delete) is decided once: of two that contradict, one is refused."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pydantic import BaseModel

from studio.errors import ConflictError, NotFoundError
from studio.runs import events
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import RunState
from studio.store.experiments import ExperimentRow
from studio.store.runs import RunRow, StaleRunError
from tests.support.requirements import covers

ROUNDS = 12


def at_once(*works: Callable[[], object]) -> list[object]:
    """What calls that are made at the same moment give, or the refusal that they raise."""
    results: list[object] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def call(index: int) -> None:
        barrier.wait()
        try:
            results[index] = works[index]() or True
        except (ConflictError, NotFoundError) as error:
            results[index] = error

    threads = [threading.Thread(target=call, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def accepted(results: Iterable[object]) -> int:
    return sum(not isinstance(one, Exception) for one in results)


def stopped_experiment(studio: Any, id: str) -> str:
    """An experiment whose one run was stopped; its id."""
    settings: dict[str, Any] = {"settings": {}, "grid": {}, "document_version": 1, "fingerprint": "", "colour": 0}
    studio.store.experiments.insert(
        ExperimentRow(id, id, "image_classification", None, None, created=time.time(), **settings)
    )
    spec = RunSpec(run_id=f"run-{id}", problem_type="image_classification")
    row = RunRow(spec.run_id, WorkerKind.TRAIN, spec, time.time(), experiment_id=id)
    studio.store.runs.insert(row)
    studio.store.runs.move(studio.store.runs.get(row.id), RunState.STOPPED, "test", time.time())
    return id


def waiting_script(spec: RunSpec) -> Iterable[BaseModel]:
    yield events.Started(pid=0)
    for _ in range(2000):
        time.sleep(0.005)
        yield events.Heartbeat()


@covers("F113")
def test_of_a_resume_and_a_deletion_at_once_one_is_refused_and_no_worker_is_left(make_server: Any) -> None:
    server = make_server(waiting_script)
    studio = server.studio
    ids = [stopped_experiment(studio, f"exp-{number}") for number in range(ROUNDS)]
    service = studio.experiments

    for id in ids:
        results = at_once(lambda id=id: service.resume(id), lambda id=id: service.delete(id))

        assert accepted(results) <= 1 or studio.store.runs.find(f"run-{id}") is None
        if accepted(results[1:]):
            assert studio.store.runs.find(f"run-{id}") is None
            assert not studio.home.worker_folder(WorkerKind.TRAIN, f"run-{id}").exists()
        else:
            assert studio.store.runs.get(f"run-{id}").state in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING)
            service.stop(id)

    time.sleep(0.3)
    known = studio.store.runs.fences()
    assert [id for id in server.executor.launched if id not in known] == []


@covers("F113")
def test_a_run_of_a_deleted_experiment_is_neither_started_nor_resumed(make_server: Any) -> None:
    server = make_server(is_started=False)
    store = server.studio.store
    id = stopped_experiment(server.studio, "exp-1")
    run = store.runs.get("run-exp-1")
    queued = store.runs.move(run, RunState.QUEUED, "test", 1.0)
    store.experiments.soft_delete(id, 2.0)

    with pytest.raises(StaleRunError):
        store.runs.move(queued, RunState.STARTING, "test", 3.0)
    with pytest.raises(StaleRunError):
        store.runs.move(store.runs.move(queued, RunState.STOPPED, "test", 3.0), RunState.QUEUED, "test", 4.0)
    server.studio.scheduler.tick()

    assert server.executor.launched == []
    store.close()


@covers("F113")
def test_a_resume_of_several_runs_is_whole_or_refused(make_server: Any) -> None:
    server = make_server(is_started=False)
    store, scheduler = server.studio.store, server.studio.scheduler
    for number in (1, 2):
        stopped_experiment(server.studio, f"exp-{number}")
    store.experiments.soft_delete("exp-2", 2.0)

    with pytest.raises(ConflictError):
        scheduler.resume_runs(["run-exp-1", "run-exp-2"])

    assert store.runs.get("run-exp-1").state is RunState.STOPPED
    store.close()


@pytest.fixture
def looked_at(server: Any) -> dict[str, Any]:
    """An import that is ready, with choices that can be finished."""
    text = "text,label\n" + "".join(f"a text of number {n},{'ab'[n % 2]}\n" for n in range(40))
    upload = server.api.post("/api/uploads", json={"name": "texts.csv", "size": len(text)}).json()
    server.api.put(f"/api/uploads/{upload['id']}", params={"offset": 0}, content=text.encode())
    draft = server.api.post("/api/imports", json={"upload_id": upload["id"]}).json()
    ready = server.wait(f"/api/imports/{draft['id']}", {"ready", "failed"})
    assert ready["state"] == "ready", ready["error"]
    return dict(ready)


def hold_queue(server: Any) -> None:
    """Nothing is started any more; what is ordered waits."""
    server.studio.scheduler.stop()


@covers("F114")
def test_data_that_a_dataset_is_being_made_of_is_not_deleted_checked_or_finished_again(
    server: Any, looked_at: dict[str, Any]
) -> None:
    hold_queue(server)
    path = f"/api/imports/{looked_at['id']}"
    body = {"name": "first", "choices": looked_at["choices"]}

    made = server.api.post(f"{path}/finish", json=body)
    again = server.api.post(f"{path}/finish", json={**body, "name": "second"})
    deleted = server.api.delete(path)
    checked = server.api.post(f"{path}/check", json={"choices": looked_at["choices"]})

    assert made.status_code == 201, made.text
    assert [one.status_code for one in (again, deleted, checked)] == [409, 409, 409]
    assert {one.json()["error"]["code"] for one in (again, deleted, checked)} == {"in_use"}
    assert server.studio.home.import_folder(looked_at["id"]).is_dir()
    assert server.api.delete(f"/api/datasets/{made.json()['id']}").status_code == 200
    assert server.api.delete(path).status_code == 200


@covers("F114")
def test_of_two_that_finish_or_check_an_import_at_once_one_is_first(server: Any, looked_at: dict[str, Any]) -> None:
    from studio.server.schemas.imports import Choices

    hold_queue(server)
    imports = server.studio.imports
    choices = Choices.model_validate(looked_at["choices"])

    checks = at_once(*(lambda: imports.check(looked_at["id"], choices) for _ in range(4)))
    server.wait(f"/api/imports/{looked_at['id']}", {"ready"})
    finishes = at_once(*(lambda n=n: imports.finish(looked_at["id"], f"data {n}", choices) for n in range(4)))

    assert (accepted(checks), accepted(finishes)) == (1, 1)
    assert len(server.studio.store.datasets.all()) == 1
    assert len(list(server.studio.home.workers(WorkerKind.INSPECT).iterdir())) == 1


@covers("F119")
def test_fifty_starts_with_one_key_are_all_answered(server: Any, order: dict[str, Any]) -> None:
    results: list[tuple[int, str]] = []

    def start() -> None:
        answer = server.api.post("/api/experiments", json=order, headers={"Idempotency-Key": "once"})
        results.append((answer.status_code, answer.json().get("id", "")))

    threads = [threading.Thread(target=start) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {status for status, _ in results} == {201}
    assert len({id for _, id in results}) == 1
