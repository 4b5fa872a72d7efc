"""One damaged run hurts no other: it is failed with the cause, and every other one goes through its life."""

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pydantic import BaseModel

from studio.runs import events
from studio.runs.events import decode
from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.decide import Slots
from studio.scheduling.executors.fake import epochs_script
from studio.store.runs import RunRow
from tests.support.requirements import covers

MakeBench = Callable[..., Any]
DEEP = b"[" * 200_000 + b"\n"


def line(**values: Any) -> bytes:
    """An event of the first attempt, whatever it says."""
    return json.dumps({"v": 1, "n": 2, "attempt": 1, "fence": 1, "time": 1.0, **values}).encode() + b"\n"


def with_a_run_that_waits(bench: MakeBench, gate: threading.Event) -> Any:
    """A bench where run `a` runs until the gate opens, and `b` shall go through."""

    def script(spec: RunSpec) -> Iterable[BaseModel]:
        if spec.run_id != "a":
            yield from epochs_script(epochs=1, steps=2)(spec)
            return
        yield events.Started(pid=0, seed=1)
        while not gate.wait(0.01):
            pass
        yield events.Finished()

    b = bench(script, slots=Slots(cpu_runs=2))
    b.add("a")
    while b.state("a") != "running":
        b.tick()
    b.add("b")
    return b


def tick_until(b: Any, condition: Callable[[], bool], seconds: float = 0.0) -> None:
    """Rounds, as a server makes them, until something has happened."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        b.tick(seconds)
        time.sleep(0.01)


def execute(b: Any, sql: str, *values: object) -> None:
    connection = sqlite3.connect(b.home.database)
    connection.execute(sql, values)
    connection.commit()
    connection.close()


@covers("F116")
@pytest.mark.parametrize(
    "text", [DEEP, b"\xff\xfe\x00\n", b'{"n": 1' + b"0" * 5000 + b"}\n", b"\0" * 100 + b"\n", b"null\n"]
)
def test_a_line_that_is_no_event_is_passed_over_and_holds_up_nobody(bench: MakeBench, text: bytes) -> None:
    gate = threading.Event()
    b = with_a_run_that_waits(bench, gate)
    with (b.home.worker_folder(WorkerKind.TRAIN, "a") / "events.jsonl").open("ab") as log:
        log.write(text)

    tick_until(b, lambda: b.state("b") == "finished")
    assert b.state("a") == "running"
    gate.set()
    b.settle()
    assert b.state("a") == "finished"


def test_what_is_nested_too_deep_is_no_event() -> None:
    with pytest.raises(ValueError, match="deep"):
        decode(DEEP)


@covers("F116")
@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(line(kind="progress", fraction=0.1, epoch=1.0, step=10**30), id="a step that no database holds"),
        pytest.param(line(kind="log", text="x", n=10**30), id="a number that no database holds"),
        pytest.param(line(kind="metrics", points={"train.loss": [[10**30, 1.0]]}), id="a point that none holds"),
    ],
)
def test_a_run_whose_events_cannot_be_taken_over_is_ended_and_failed_with_the_cause(
    bench: MakeBench, harm: bytes
) -> None:
    gate = threading.Event()
    b = with_a_run_that_waits(bench, gate)
    with (b.home.worker_folder(WorkerKind.TRAIN, "a") / "events.jsonl").open("ab") as log:
        log.write(harm)

    b.tick()
    b.tick()
    gate.set()  # killed, the thread ends before its next event
    b.settle()

    run = b.store.runs.get("a")
    assert (run.state, run.error["code"]) == ("failed", "damaged_log")
    assert "cannot be taken over" in run.error["message"]
    assert run.error["hint"]
    assert b.state("b") == "finished"


@covers("F116")
@pytest.mark.parametrize("state", ["queued", "running"])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("spec", "no json at all"),
        ("spec", '{"run_id": 3}'),
        ("spec", "[" * 5000 + "]" * 5000),
        ("metrics", "x"),
        ("devices", "x"),
        ("kind", "nonsense"),
    ],
)
def test_a_run_whose_row_is_damaged_is_failed_with_the_cause(
    bench: MakeBench, state: str, column: str, value: str
) -> None:
    b = bench(epochs_script(epochs=1, steps=2), slots=Slots(cpu_runs=2))
    b.add("a")
    execute(b, f"UPDATE run SET {column} = ?, state = ?, fence = 1 WHERE id = 'a'", value, state)
    b.add("b")

    for _ in range(5):
        b.settle()
        b.tick(seconds=5.0)

    run = b.store.runs.get("a")
    assert b.state("b") == "finished"
    if (column, state) not in (("kind", "running"), ("devices", "queued")):  # what a start writes anew is whole
        assert run.state == "failed", run
        assert run.error["message"]
        assert run.error["code"] in ("damaged_row", "damaged_log"), run.error


@covers("F116", "F110")
def test_a_run_with_an_id_that_is_none_is_failed_and_the_others_go_on(bench: MakeBench) -> None:
    b = bench(epochs_script(epochs=1, steps=2), slots=Slots(cpu_runs=3))
    for id in ("../../x", "a/../b"):
        spec = RunSpec(run_id="x", problem_type="image_classification")
        b.store.runs.insert(RunRow(id, WorkerKind.TRAIN, spec, 1.0))
    execute(b, "UPDATE run SET state = 'running' WHERE id = '../../x'")
    b.add("b")

    b.settle()

    assert b.state("b") == "finished"
    assert [b.state(id) for id in ("../../x", "a/../b")] == ["failed", "failed"]
    assert not (b.home.path.parent / "x").exists()


@covers("F116")
def test_a_listener_that_fails_holds_up_no_round(bench: MakeBench) -> None:
    b = bench(epochs_script(epochs=1, steps=2))

    def fail(*_: object) -> None:
        raise RuntimeError("cannot hear")

    b.recorder.moved = b.recorder.projected = b.recorder.ticked = b.recorder.queue_changed = fail
    b.add("a")

    b.settle()

    assert b.state("a") == "finished"


@covers("F121")
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_run_whose_folder_vanished_says_so_and_the_others_go_on(bench: MakeBench, is_restarted: bool) -> None:
    gate = threading.Event()
    b = with_a_run_that_waits(bench, gate)
    shutil.rmtree(b.home.worker_folder(WorkerKind.TRAIN, "a"))
    if is_restarted:
        b = b.restart(epochs_script(epochs=1, steps=2))

    tick_until(b, lambda: (b.state("a"), b.state("b")) == ("failed", "finished"), seconds=2.0)

    run = b.store.runs.get("a")
    assert (run.state, run.error["code"]) == ("failed", "files_gone")
    assert run.error["hint"]
    assert b.state("b") == "finished"
    gate.set()
