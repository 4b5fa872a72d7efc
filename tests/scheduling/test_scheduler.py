"""The scheduler's rounds, with a real store, real folders and locks, and workers that are threads."""

import threading
from collections.abc import Callable, Iterable

import pytest
from pydantic import BaseModel

from studio.errors import ConflictError
from studio.runs import events
from studio.runs.folder import RunFolder, RunLock
from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.decide import Slots
from studio.scheduling.executors.fake import Script, epochs_script

MakeBench = Callable[..., object]


def waiting_script(gate: threading.Event) -> Script:
    """A worker that goes on only when the test lets it."""

    def script(spec: RunSpec) -> Iterable[BaseModel]:
        yield events.Started(pid=0, seed=1)
        while not gate.wait(0.01):
            yield events.Heartbeat()
        yield events.Finished()

    return script


def silent_script(spec: RunSpec) -> Iterable[BaseModel]:
    return ()


def test_runs_go_through_the_queue_one_by_one_to_the_end(bench: MakeBench) -> None:
    b = bench(epochs_script(epochs=1, steps=3))
    b.add("a")
    b.add("b")

    b.settle(ticks=6)

    assert b.executor.launched == ["a", "b"]
    assert b.history("a")[0:2] == ["queued", "starting"]
    assert b.state("a") == b.state("b") == "finished"
    assert b.store.runs.get("a").progress == 1.0


def test_a_stopped_run_keeps_what_it_wrote_and_can_be_resumed(bench: MakeBench) -> None:
    gate = threading.Event()
    b = bench(waiting_script(gate))
    b.add("a")
    b.tick()
    while b.state("a") != "running":
        b.tick()

    b.scheduler.stop_run("a")
    assert b.state("a") == "stopping"
    b.settle()
    assert b.state("a") == "stopped"

    b.scheduler.resume_run("a")
    gate.set()
    b.settle()
    assert b.state("a") == "finished"
    assert (b.store.runs.get("a").attempt, b.store.runs.get("a").fence) == (2, 2)
    assert RunSpec.read(b.home.worker_folder(WorkerKind.TRAIN, "a")).resume


def test_a_waiting_run_is_stopped_without_starting(bench: MakeBench) -> None:
    b = bench()
    b.add("a")

    b.scheduler.stop_run("a")
    b.settle()

    assert b.history("a") == ["queued", "stopped"]
    assert b.executor.launched == []


def test_a_worker_that_vanishes_is_lost_and_its_place_is_free(bench: MakeBench) -> None:
    gate = threading.Event()
    b = bench(waiting_script(gate))
    b.add("a")
    while b.state("a") != "running":
        b.tick()

    b.executor.signal(RunFolder(b.home.worker_folder(WorkerKind.TRAIN, "a")), "kill")
    b.settle()

    run = b.store.runs.get("a")
    assert run.state.value == "lost"
    assert "signal 9" in run.error["message"]
    gate.set()
    b.add("b")
    b.settle()
    assert b.state("b") == "finished"


def test_a_worker_that_never_begins_is_started_once_more_then_lost(bench: MakeBench) -> None:
    b = bench(silent_script)
    b.add("a")

    b.settle(ticks=8)

    assert b.history("a") == ["queued", "starting", "queued", "starting", "lost"]
    assert b.executor.launched == ["a", "a"]


def test_a_start_that_a_dead_server_never_made_is_made_once(bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = bench()
    dead.add("a")
    dead.executor.launch = lambda folder, spec: None  # killed before it started the process
    dead.tick()
    assert dead.state("a") == "starting"

    b = dead.restart(epochs_script(epochs=1, steps=2))
    b.tick()
    assert b.executor.launched == []
    b.tick(seconds=13.0)
    b.settle()

    assert b.executor.launched == ["a"]
    assert b.state("a") == "finished"


def test_a_living_worker_is_adopted_after_a_restart(bench: MakeBench) -> None:
    gate = threading.Event()
    first = bench(waiting_script(gate))
    first.add("a")
    while first.state("a") != "running":
        first.tick()

    second = first.restart()
    second.tick(seconds=100.0)
    assert second.state("a") == "running"
    gate.set()
    first.executor.join()
    second.tick()

    assert second.state("a") == "finished"
    assert second.executor.launched == []
    assert second.store.runs.get("a").attempt == 1


def test_an_end_written_while_the_server_was_down_is_told_truthfully(bench: MakeBench) -> None:
    gate = threading.Event()
    first = bench(waiting_script(gate))
    first.add("a")
    while first.state("a") != "running":
        first.tick()
    gate.set()
    first.executor.join()

    second = first.restart()
    second.tick()

    assert second.state("a") == "finished"


def test_resume_is_refused_while_a_process_still_holds_the_run(bench: MakeBench) -> None:
    b = bench(silent_script)
    b.add("a")
    b.settle(ticks=8)
    lock = RunLock(RunFolder(b.home.worker_folder(WorkerKind.TRAIN, "a")))
    assert lock.acquire()

    with pytest.raises(ConflictError, match="still alive"):
        b.scheduler.resume_run("a")

    lock.release()
    b.scheduler.resume_run("a")
    assert b.state("a") == "queued"


def test_an_unstartable_worker_fails_with_the_cause(bench: MakeBench) -> None:
    b = bench()
    b.add("a")

    def refuse(folder: RunFolder, spec: RunSpec) -> None:
        raise OSError("no more processes")

    b.executor.launch = refuse
    b.settle()

    run = b.store.runs.get("a")
    assert run.state.value == "failed"
    assert "no more processes" in run.error["message"]


def test_listeners_hear_every_move_and_event(bench: MakeBench) -> None:
    b = bench(epochs_script(epochs=1, steps=2))
    b.add("a")

    b.settle()

    assert [state for _, state in b.recorder.moves][-1] == "finished"
    assert b.recorder.events == 10


def hanging_script(gate: threading.Event) -> Script:
    """A worker that begins and then says nothing more until the test lets it."""

    def script(spec: RunSpec) -> Iterable[BaseModel]:
        yield events.Started(pid=0, seed=1)
        yield events.Phase(name="training")
        yield events.Progress(fraction=0.5, epoch=1.5, step=120)
        gate.wait(30)
        yield events.Heartbeat()

    return script


def begin(b: object, id: str) -> None:
    b.add(id)
    while b.store.runs.get(id).step == 0:
        b.tick()


def listen_for(b: object, seconds: float) -> None:
    """Let time go by in rounds, as it does for a server that runs."""
    for _ in range(int(seconds // 5)):
        b.tick(seconds=5.0)


def test_a_worker_that_hangs_is_asked_where_then_ended_and_its_step_named(bench: MakeBench) -> None:
    gate = threading.Event()
    b = bench(hanging_script(gate))
    signals = []
    b.executor.signal = lambda folder, force: signals.append(force)
    begin(b, "a")
    b.tick()

    listen_for(b, 295)
    assert signals == []
    listen_for(b, 5)
    assert signals == ["dump"]
    listen_for(b, 5)
    assert signals == ["dump", "kill"]
    b.executor._workers[str(b.home.worker_folder(WorkerKind.TRAIN, "a"))].killed.set()
    gate.set()
    b.executor.join()
    b.settle()

    error = b.store.runs.get("a").error
    assert (b.state("a"), error["code"]) == ("failed", "stuck")
    assert "step 120 of epoch 1.50, while training" in error["message"]


def test_silence_while_the_server_itself_was_halted_does_not_count(bench: MakeBench) -> None:
    """F53: after a suspended night nobody is dead."""
    gate = threading.Event()
    b = bench(hanging_script(gate))
    begin(b, "a")

    b.tick(seconds=36_000.0)
    listen_for(b, 200)

    assert b.state("a") == "running"
    assert b.scheduler._watches["a"].forced is None
    gate.set()


def test_a_worker_that_speaks_again_goes_on(bench: MakeBench) -> None:
    """F18: halted and continued within the limit."""
    gate = threading.Event()
    b = bench(hanging_script(gate))
    begin(b, "a")
    b.tick()
    listen_for(b, 300)
    assert b.scheduler._watches["a"].forced == "dump"

    gate.set()
    b.executor.join()
    b.tick()

    assert b.scheduler._watches["a"].forced is None


def test_a_stop_says_when_the_next_harder_means_follows(bench: MakeBench) -> None:
    gate = threading.Event()
    b = bench(hanging_script(gate))
    b.executor.signal = lambda folder, force: None
    begin(b, "a")
    assert b.scheduler.stop_stage("a") is None

    b.scheduler.stop_run("a")
    assert b.scheduler.stop_stage("a").seconds_left == 20.0
    told = []
    for _ in range(8):
        b.tick(seconds=5.0)
        stage = b.scheduler.stop_stage("a")
        told.append((stage.stage, stage.seconds_left))

    assert told[0] == ("asked", 15.0)
    assert told[2] == ("asked", 5.0)
    assert told[3] == ("told", 10.0)
    assert told[-1] == ("killed", 0.0)
    gate.set()


def test_no_device_is_given_on_while_the_tree_of_its_last_run_lives(bench: MakeBench) -> None:
    """I7."""
    left = [2]
    b = bench(epochs_script(epochs=1, steps=2), slots=Slots(gpus=(0,)))
    b.executor.remaining = lambda folder: left[0]
    b.executor.sweep = lambda folder: left.__setitem__(0, 0)
    b.add("a", gpus=(0,))
    b.add("b", gpus=(0,))

    b.settle()
    assert b.store.runs.get("a").reported == "finished"
    assert (b.state("a"), b.state("b")) == ("starting", "queued")

    b.tick(seconds=3.0)
    b.settle()
    assert (b.state("a"), b.state("b")) == ("finished", "finished")


def test_a_log_that_cannot_be_read_holds_up_nobody_else(bench: MakeBench) -> None:
    b = bench(epochs_script(epochs=1, steps=2), slots=Slots(cpu_runs=2))
    (b.home.worker_folder(WorkerKind.TRAIN, "a") / "events.jsonl").mkdir(parents=True)
    b.executor.launch, launch = (
        (lambda folder, spec: None if spec.run_id == "a" else launch(folder, spec)),
        b.executor.launch,
    )
    b.add("a")
    b.add("b")

    b.settle(ticks=6)

    assert (b.state("a"), b.state("b")) == ("starting", "finished")
