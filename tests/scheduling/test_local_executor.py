"""Real processes: what they may know, and that nothing but the worker is ever signalled."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil

from studio.runs.folder import RunFolder
from studio.runs.process import ProcessRecord
from studio.runs.process_tree import ProcessTree
from studio.runs.spec import RunSpec
from studio.scheduling.environment import worker_environment
from studio.scheduling.executors.local import LocalExecutor


def sleeper(*, leads_group: bool = True) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=leads_group)


def test_a_worker_knows_only_what_is_on_the_list() -> None:
    environment = {"PATH": "/p", "HF_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "secret", "LC_ALL": "C"}

    known = worker_environment(environment, RunSpec(run_id="r", problem_type="", threads=2))

    assert "secret" not in known.values()
    assert known["PATH"] == "/p"
    assert known["OMP_WAIT_POLICY"] == "PASSIVE"
    assert known["OMP_NUM_THREADS"] == "2"
    assert known["CUDA_VISIBLE_DEVICES"] == ""


def tree_of(process: subprocess.Popen[bytes]) -> ProcessTree:
    record = ProcessRecord.of(process.pid)
    assert record is not None
    return ProcessTree(record, Path.cwd())


def test_the_recorded_process_is_signalled_with_all_it_started() -> None:
    code = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print(flush=True); time.sleep(60)"
    worker = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    worker.stdout.readline()
    tree = tree_of(worker)

    assert tree.send(signal.SIGKILL) == 2

    assert worker.wait(5) == -signal.SIGKILL
    assert wait_gone(tree)
    worker.stdout.close()


def test_what_outlives_a_worker_is_found_and_ended() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '60'])"
    worker = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    tree = tree_of(worker)
    worker.wait(20)

    [left] = tree.living()
    elsewhere = ProcessTree(tree.leader, Path("/"))

    assert left.pid != worker.pid
    assert elsewhere.living() == []  # it does not work in that folder, so it may be a stranger
    assert tree.send(signal.SIGKILL) == 1
    assert wait_gone(tree)


def test_a_process_that_only_has_the_same_number_is_left_alone() -> None:
    """F54, I9."""
    stranger = sleeper()
    tree = tree_of(stranger)
    try:
        for other in (
            replace(tree.leader, start_time=tree.leader.start_time - 1),
            replace(tree.leader, boot_id="another boot"),
        ):
            assert ProcessTree(other, Path.cwd()).send(signal.SIGKILL) == 0
            assert not ProcessTree(other, Path.cwd()).send_leader(signal.SIGKILL)
        time.sleep(0.1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_worker_without_a_session_of_its_own_is_signalled_alone() -> None:
    child = sleeper(leads_group=False)

    assert tree_of(child).send(signal.SIGTERM) == 1

    assert child.wait(5) == -signal.SIGTERM
    assert ProcessRecord.of(os.getpid()) == ProcessRecord.current()


def wait_gone(tree: ProcessTree) -> bool:
    deadline = time.monotonic() + 5
    while tree.living() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not tree.living()


def test_a_record_survives_its_file_and_says_who_lives(tmp_path: Path) -> None:
    ProcessRecord.current().write(tmp_path / "run.json")

    record = ProcessRecord.read(tmp_path / "run.json")

    assert record is not None
    assert record.is_alive()
    (tmp_path / "run.json").write_text("{")
    assert ProcessRecord.read(tmp_path / "run.json") is None


def test_a_worker_that_ended_is_no_zombie_once_another_starts_and_keeps_its_code(tmp_path: Path) -> None:
    executor = LocalExecutor(os.environ)
    spec = RunSpec(run_id="r", problem_type="")
    first, second = RunFolder.create(tmp_path / "first"), RunFolder.create(tmp_path / "second")
    executor.launch(first, spec)  # its order is not written, so it ends with an error
    [child] = psutil.Process().children()
    while child.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)

    executor.launch(second, spec)

    assert not child.is_running()
    assert executor.exit_code(first) not in (None, 0)
    while executor.exit_code(second) is None:
        time.sleep(0.05)
