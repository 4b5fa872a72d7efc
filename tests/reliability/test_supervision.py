"""Process trees: found, followed, ended when they must be, and never a stranger's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.runs.process import ProcessRecord
from tests.reliability.conftest import Serve
from tests.reliability.harness import (
    Server,
    check_database,
    descendants,
    history,
    is_zombie,
    points,
    require_strace,
    starts,
    under_strace,
    wait_for,
)
from tests.support.requirements import covers

pytestmark = pytest.mark.trust
LONG = 100_000


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """One server for the tests that break only runs; four devices, silence allowed for 12 s."""
    from tests.reliability.harness import copy_home, end_all

    base = tmp_path_factory.mktemp("supervised")
    copy_home(template, base)
    one = Server(base / "home", STUDIO_FAKE_GPUS="4", STUDIO_HANG_SECONDS="12").ready()
    yield one
    end_all([one])


@contextmanager
def memory_cgroup(pid: int, size_bytes: int) -> Iterator[None]:
    """Lets a process have so much memory more, while the block runs."""
    parent = Path("/sys/fs/cgroup/memory")
    if not (parent / "cgroup.procs").exists() or not os.access(parent, os.W_OK):
        pytest.skip("F43: no memory cgroup can be made here")
    group = parent / f"studio-test-{pid}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(size_bytes))
        (group / "cgroup.procs").write_text(str(pid))
        yield
        wait_for(lambda: not (group / "cgroup.procs").read_text())
    finally:
        for left in (group / "cgroup.procs").read_text().split():
            (parent / "cgroup.procs").write_text(left)
        group.rmdir()


def begin(server: Server, step: int = 3, gpus: tuple[str, ...] = (), **orders: object) -> str:
    server.order(**{"steps": LONG, **orders})
    _, id = server.start(environment__gpus=list(gpus))
    server.await_step(id, step)
    return id


@covers("I4", "I8")
def test_a_killed_worker_is_lost_by_name_at_once_and_nothing_of_it_is_left(server: Server) -> None:
    """F14 for the worker itself: what it started is swept."""
    id = begin(server, children=2)
    pid = server.worker(id)
    assert len(descendants(pid)) == 3
    begun = time.monotonic()

    os.kill(pid, signal.SIGKILL)
    run = server.await_state(id, "lost")

    assert time.monotonic() - begun < 15
    assert (run["error"]["code"], run["error"]["message"]) == ("killed", "The worker was killed by signal 9.")
    assert run["error"]["hint"]
    assert descendants(pid) == []


@covers("I4")
@pytest.mark.parametrize(
    ("ending", "state", "code", "words"),
    [
        ("segv", "lost", "crashed", "crashed (signal 11)"),  # F23
        ("nothing", "failed", "no_result", "ended without a result (exit code 0)"),  # F21
    ],
)
def test_an_end_that_no_worker_told_has_its_name(
    server: Server, ending: str, state: str, code: str, words: str
) -> None:
    server.order(steps=3, ending=ending)
    _, id = server.start(environment__gpus=[])

    run = server.await_state(id, state)

    assert run["error"]["code"] == code
    assert words in run["error"]["message"]


@covers("F43", "I21")
def test_a_worker_that_the_kernel_kills_for_memory_has_that_cause_and_others_go_on(server: Server) -> None:
    """By a memory cgroup around one worker; the kernel counts its kills as it does those of the whole machine."""
    other = begin(server, gpus=("0",))
    id = begin(server, gpus=("1",), greedy_at=60)

    with memory_cgroup(server.worker(id), 256 << 20):
        run = server.await_state(id, "lost", seconds=60)

    assert run["error"]["code"] == "oom_host"
    assert "ran out of memory" in run["error"]["message"]
    assert run["error"]["setting"] == "training.batch_size"
    assert server.run(other)["state"] == "running"
    server.order(steps=1)
    server.await_state(other, "finished")


@covers("I7", "I8", "I2")
def test_no_device_is_given_twice_while_anything_of_its_last_run_lives(server: Server) -> None:
    """Devices are locked files that children inherit as they do the handles of real ones. Six runs, four devices."""
    server.order(steps=LONG, children=2)
    ids = [server.start(environment__gpus=["0", "1", "2", "3"])[1] for _ in range(6)]
    for id in ids[:4]:
        server.await_step(id, 2)
    assert {server.run(id)["device"] for id in ids[:4]} == {f"GPU {number}" for number in range(1, 5)}
    assert [server.run(id)["state"] for id in ids[4:]] == ["queued", "queued"]
    assert "in use" in server.run(ids[4])["queued_reason"]

    for id in ids[:2]:
        os.kill(server.worker(id), signal.SIGKILL)
    for id in ids[:2]:
        server.await_state(id, "lost")
    for id in ids[4:]:
        server.await_step(id, 2)
    server.order(steps=1)
    for id in ids[2:]:
        server.await_state(id, "finished")

    assert not (server.base / "given-twice").exists()
    assert all(descendants(server.worker(id)) == [] for id in ids)


@covers("F18", "F53")
def test_a_halted_worker_that_goes_on_in_time_is_left_alone(server: Server) -> None:
    """Halted for 2 s of the 12 s that silence may last here; the product's limit is 300 s."""
    id = begin(server)
    pid = server.worker(id)

    os.kill(pid, signal.SIGSTOP)
    time.sleep(2)
    os.kill(pid, signal.SIGCONT)
    seen = server.run(id)["step"]
    server.await_step(id, seen + 20)
    server.order(steps=1)
    run = server.await_state(id, "finished")

    steps = points(server.home, id)
    assert steps == list(range(1, len(steps) + 1))
    assert run["attempt"] == 1
    assert starts(server.home / "runs" / id) == 1


@covers("F19", "I2")
def test_a_halted_worker_keeps_its_run_and_its_late_words_count_for_nothing(server: Server) -> None:
    """Halted beyond the limit: no resume while it lives, then it is killed, and a new attempt has a new fence."""
    id = begin(server, children=1)
    pid = server.worker(id)
    os.kill(pid, signal.SIGSTOP)

    status, refused = server.ask("POST", f"/api/experiments/{server.run(id)['experiment_id']}/resume")
    run = server.await_state(id, "failed")

    assert (status, refused["error"]["code"]) == (409, "conflict")
    assert run["error"]["code"] == "stuck"
    assert "step" in run["error"]["message"]
    assert descendants(pid) == []
    # What the old worker might still have written: refused by its fence.
    folder = server.home / "runs" / id
    line = json.loads((folder / "events.jsonl").read_bytes().splitlines()[-1])
    server.order(steps=LONG)
    server.call("POST", f"/api/experiments/{run['experiment_id']}/resume")
    again = server.await_step(id, run["step"] + 3)
    assert again["attempt"] == 2
    late = {**line, "kind": "metrics", "points": {"train.loss": [[77_777, 1.0]]}, "epoch": None}
    with (folder / "events.jsonl").open("ab") as log:
        log.write(json.dumps(late).encode() + b"\n")
    server.await_step(id, server.run(id)["step"] + 10)
    assert 77_777 not in points(server.home, id)
    server.order(steps=1)
    server.await_state(id, "finished")


@covers("I6")
def test_a_worker_that_hears_nothing_is_made_to_end_with_its_tree_and_deadlines_are_shown(server: Server) -> None:
    id = begin(server, children=2, deaf=True, step=25)
    pid = server.worker(id)
    begun = time.monotonic()

    server.call("POST", f"/api/experiments/{server.run(id)['experiment_id']}/stop")
    stop = wait_for(lambda: server.run(id)["stop"])
    assert stop["stage"] == "asked"
    assert 15 < stop["deadline"] - time.time() <= 20
    assert wait_for(lambda: (found := server.run(id)["stop"]) and found["stage"] == "told", 25)
    run = server.await_state(id, "stopped", seconds=20)

    assert time.monotonic() - begun < 33
    assert run["stop"] is None
    assert descendants(pid) == []
    assert "told to end" in (server.home / "runs" / id / "worker.log").read_text()
    assert [one["name"] for one in run["checkpoints"]][:2] == ["ckpt-10", "ckpt-20"]


@covers("F57", "I6")
@pytest.mark.parametrize("moment", ["start", "checkpoint"])
def test_a_stop_is_heard_at_any_moment_and_keeps_the_last_checkpoint(server: Server, moment: str) -> None:
    """In the queue: test_races.py; during an export: test_exports.py."""
    server.order(steps=LONG, delay=1.5 if moment == "start" else 0, checkpoint_every=5, checkpoint_seconds=1.5)
    experiment, id = server.start(environment__gpus=[])
    if moment == "start":
        server.await_state(id, "starting")
    else:
        server.await_step(id, 10)
    begun = time.monotonic()

    server.call("POST", f"/api/experiments/{experiment}/stop")
    run = server.await_state(id, "stopped", seconds=31)

    assert time.monotonic() - begun < 30
    folder = server.home / "runs" / id / "checkpoints"
    assert {one["name"] for one in run["checkpoints"]} <= {path.name for path in folder.glob("ckpt-*")}
    if moment == "checkpoint":
        assert "ckpt-5" in {one["name"] for one in run["checkpoints"]}


@covers("I8")
def test_no_zombie_is_left_by_any_of_these_runs(server: Server) -> None:
    id = begin(server)
    pid = server.worker(id)
    server.order(steps=1)
    server.await_state(id, "finished")

    assert wait_for(lambda: not is_zombie(pid), 10)
    check_database(server.home)


@covers("F54", "I9")
def test_a_reused_pid_is_neither_shown_as_running_nor_killed(serve: Serve, base: Path) -> None:
    first = serve().ready()
    first.order(steps=LONG)
    _, id = first.start()
    first.await_step(id, 3)
    pid = first.worker(id)
    first.kill()
    os.kill(pid, signal.SIGKILL)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
    try:
        record = ProcessRecord.of(stranger.pid)
        assert record is not None
        # As after a boot: the number is somebody else's now.
        stale = {"pid": stranger.pid, "start_time": record.start_time - 100, "boot_id": record.boot_id}
        (base / "home" / "runs" / id / "run.json").write_text(json.dumps(stale))

        run = serve().ready().await_state(id, "lost")

        assert run["error"]["code"] in ("vanished", "killed")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@covers("F48", "I3")
def test_a_process_that_cannot_be_started_fails_by_name_and_gives_its_slot_back(serve: Serve) -> None:
    """EAGAIN by injection, from vfork and the fork that Python tries then: limits of processes do not bind root."""
    require_strace()
    server = serve(prefix=under_strace("vfork,clone:error=EAGAIN:when=1")).ready()
    server.order(steps=3)
    _, first = server.start()
    failed = server.await_state(first, "failed")
    _, second = server.start()

    assert failed["error"]["code"] == "no_start"
    assert "Cannot start a process" in failed["error"]["message"]
    assert "limit of processes" in failed["error"]["hint"]
    assert server.await_state(second, "finished")


@covers("I1", "I3")
def test_every_run_has_one_state_and_its_moves_are_recorded(server: Server) -> None:
    server.order(steps=2, pause=0.0)
    ids = [server.start(environment__gpus=["0", "1"])[1] for _ in range(5)]

    for id in ids:
        server.await_state(id, "finished", seconds=60)

    assert all(history(server.home, id)[:2] == ["queued", "starting"] for id in ids)
    check_database(server.home)
