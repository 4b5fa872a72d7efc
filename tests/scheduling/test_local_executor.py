"""Real processes: what they may know, and that nothing but the worker is ever signalled."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from studio.runs.process import ProcessRecord
from studio.runs.spec import RunSpec
from studio.scheduling.environment import worker_environment
from studio.scheduling.executors.local import signal_group


def sleeper(*, leads_group: bool = True) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=leads_group)


def test_a_worker_knows_only_what_is_on_the_list() -> None:
    environment = {"PATH": "p", "HF_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "secret", "LC_ALL": "C"}

    known = worker_environment(environment, RunSpec(run_id="r", problem_type="", threads=2))

    assert "secret" not in known.values()
    assert known["PATH"] == "p"
    assert known["OMP_WAIT_POLICY"] == "PASSIVE"
    assert known["OMP_NUM_THREADS"] == "2"
    assert known["CUDA_VISIBLE_DEVICES"] == ""


def test_the_recorded_process_is_signalled_with_its_group() -> None:
    worker = sleeper()
    record = ProcessRecord.of(worker.pid)
    assert record is not None

    assert signal_group(record, signal.SIGKILL)

    assert worker.wait(5) == -signal.SIGKILL


def test_a_process_that_only_has_the_same_number_is_left_alone() -> None:
    stranger = sleeper()
    record = ProcessRecord.of(stranger.pid)
    assert record is not None
    try:
        assert not signal_group(replace(record, start_time=record.start_time - 1), signal.SIGKILL)
        assert not signal_group(replace(record, boot_id="another boot"), signal.SIGKILL)
        time.sleep(0.1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_process_in_our_own_group_is_signalled_alone() -> None:
    child = sleeper(leads_group=False)
    record = ProcessRecord.of(child.pid)
    assert record is not None

    assert signal_group(record, signal.SIGTERM)

    assert child.wait(5) == -signal.SIGTERM
    assert ProcessRecord.of(os.getpid()) == ProcessRecord.current()


def test_a_record_survives_its_file_and_says_who_lives(tmp_path: Path) -> None:
    ProcessRecord.current().write(tmp_path / "run.json")

    record = ProcessRecord.read(tmp_path / "run.json")

    assert record is not None
    assert record.is_alive()
    (tmp_path / "run.json").write_text("{")
    assert ProcessRecord.read(tmp_path / "run.json") is None
