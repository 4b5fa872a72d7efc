"""A worker and its processes, hurt one by one: all end together, the reason has a name, checkpoints stay whole."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from studio.files import read_json
from studio.modeling.checkpoint import CheckpointStore, damaged_file
from studio.runs.folder import RunFolder, is_run_alive
from studio.runs.spec import RunSpec
from tests.reliability import fault_injection
from tests.reliability.harness import fill, tmpfs
from tests.reliability.worker_runs import make_worker_run, undisturbed
from tests.support.forked_worker import ForkedWorker, events, fork_worker, next_attempt, of_kind, stream, tail
from tests.support.requirements import covers

pytestmark = pytest.mark.trust

ENDLESS = {"training.epochs": 5000, "training.evaluation_epochs": 1.0}
TEAM = {**ENDLESS, "architecture.backbone": "test_vit2", "environment.number_of_workers": 1, "training.batch_size": 8}
GPUS = {"STUDIO_FAKE_GPUS": "2", "CUDA_VISIBLE_DEVICES": ""}
PYTHON_STACK = "most recent call first"


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended; one that waits to be reaped has."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def seconds_until_gone(processes: list[psutil.Process], limit: float) -> float:
    began = time.monotonic()
    while not all(is_gone(one) for one in processes):
        assert time.monotonic() - began < limit, [one.cmdline() for one in processes if not is_gone(one)]
        time.sleep(0.02)
    return time.monotonic() - began


def assert_checkpoints_are_whole(folder: Path) -> None:
    """I10, I11: what was told complete and not dropped since can be read, and nothing unfinished has a name."""
    checkpoints = RunFolder(folder).checkpoints
    assert [path.name for path in checkpoints.glob("ckpt-*") if path.suffix == "" and damaged_file(path)] == []
    for pointer in checkpoints.glob("*.json"):
        assert damaged_file(checkpoints / read_json(pointer)["name"]) is None


def started_team(tmp_path: Path, **environment: str) -> tuple[ForkedWorker, list[psutil.Process]]:
    """A run on two devices in the middle of training, and its ranks (the first child is rank 1)."""
    folder = make_worker_run(tmp_path, TEAM, threads=4, devices=(0, 1))
    worker = fork_worker(folder, {**GPUS, **environment})
    worker.wait_for(lambda: (folder / "checkpoints" / "latest.json").exists() and bool(of_kind(folder, "metrics")))
    worker.wait_for(lambda: len(worker.children()) >= 3)
    rank = [one for one in psutil.Process(worker.pid).children() if one.children()]
    return worker, rank


@covers("F14", "F15", "I10")
def test_no_process_outlives_a_killed_worker(tmp_path: Path) -> None:
    """F14, F15: the worker is supervisor and rank 0 in one process; ranks and the data workers of ranks go with it."""
    worker, ranks = started_team(tmp_path)
    everybody = worker.children()

    worker.kill()

    assert len(ranks) == 1
    assert len(everybody) == 3  # a rank, its data worker, and that of the worker
    assert seconds_until_gone(everybody, 2.0) <= 2.0
    assert worker.wait() == -signal.SIGKILL
    assert not is_run_alive(RunFolder(worker.folder))
    assert_checkpoints_are_whole(worker.folder)


@covers("F16", "I10")
def test_a_killed_rank_ends_the_run_and_is_named(tmp_path: Path) -> None:
    worker, ranks = started_team(tmp_path)
    everybody = worker.children()

    ranks[0].kill()
    began = time.monotonic()
    code = worker.wait(20)

    failed = of_kind(worker.folder, "failed")[0]
    assert code == 1
    assert time.monotonic() - began < 6.0
    assert (failed.code, failed.message) == ("rank_killed", "The process of GPU 2 was killed (signal 9).")
    assert "peer" not in failed.message
    seconds_until_gone(everybody, 2.0)
    assert_checkpoints_are_whole(worker.folder)


@covers("F17", "I8")
def test_a_stopped_rank_is_found_by_the_watchdog(tmp_path: Path) -> None:
    worker, ranks = started_team(tmp_path, STUDIO_HANG_SECONDS="3")
    everybody = worker.children()

    ranks[0].send_signal(signal.SIGSTOP)
    code = worker.wait(60)

    failed = of_kind(worker.folder, "failed")[0]
    assert code == 1
    assert failed.code == "stuck"
    assert "The process of GPU 2 is stopped (state T)." in failed.message
    assert "after update " in failed.message
    assert PYTHON_STACK in tail(worker.folder) or PYTHON_STACK in RunFolder(worker.folder).log.read_text()
    seconds_until_gone(everybody, 2.0)
    assert_checkpoints_are_whole(worker.folder)


@covers("F17")
def test_a_step_that_never_ends_is_stuck_and_its_stack_is_in_the_log(tmp_path: Path) -> None:
    folder = make_worker_run(tmp_path, ENDLESS)
    plant = fault_injection.on_pass(lambda: time.sleep(3600), number=9)

    code = fork_worker(folder, {"STUDIO_HANG_SECONDS": "2"}, plant).wait(60)

    failed = of_kind(folder, "failed")[0]
    assert code == 1
    assert failed.code == "stuck"
    assert "after update 8 (step 128)" in failed.message
    assert "fault_injection.py" in RunFolder(folder).log.read_text()


@covers("F17")
def test_a_hang_that_holds_the_lock_of_python_leaves_its_stack(tmp_path: Path) -> None:
    """No thread of the worker can run, so it is the server that ends it (test_supervision.py)."""
    folder = make_worker_run(tmp_path, ENDLESS)
    plant = fault_injection.on_pass(fault_injection.hold_the_lock_of_python, number=5)
    worker = fork_worker(folder, {"STUDIO_HANG_SECONDS": "2"}, plant)

    worker.wait_for(lambda: "hold_the_lock_of_python" in RunFolder(folder).log.read_text(), 40)
    worker.kill()

    assert worker.wait() == -signal.SIGKILL


@covers("F18")
def test_a_whole_tree_that_was_stopped_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """F18, F53: 6 s beside a limit of 3 s stand for minutes beside the default of five."""
    folder = make_worker_run(tmp_path, ENDLESS)
    worker = fork_worker(folder, {"STUDIO_HANG_SECONDS": "3"})
    worker.wait_for(lambda: bool(of_kind(folder, "metrics")))

    worker.kill(signal.SIGSTOP)
    time.sleep(6)
    worker.kill(signal.SIGCONT)
    time.sleep(2)
    RunFolder(folder).stop.touch()

    assert worker.wait(30) == 4, tail(folder)


@covers("F17")
def test_work_without_steps_counts_as_progress(tmp_path: Path) -> None:
    """A phase that computes for longer than the limit, as packing or scoring may, is not stuck."""
    folder = make_worker_run(tmp_path)

    def compute() -> None:
        deadline = time.monotonic() + 7
        while time.monotonic() < deadline:
            sum(range(10_000))

    plant = fault_injection.on_pass(compute, number=1, training=False)

    assert fork_worker(folder, {"STUDIO_HANG_SECONDS": "4"}, plant).wait(60) == 0, tail(folder)


@covers("F17")
def test_waiting_in_a_phase_without_steps_is_stuck(tmp_path: Path) -> None:
    """What heartbeats and the watchdog cost themselves is no work."""
    folder = make_worker_run(tmp_path)
    plant = fault_injection.on_pass(lambda: time.sleep(3600), number=1, training=False)

    code = fork_worker(folder, {"STUDIO_HANG_SECONDS": "4"}, plant).wait(60)

    assert code == 1
    assert of_kind(folder, "failed")[0].code == "stuck"


@covers("F23")
def test_a_crash_writes_where_it_was_and_no_core(tmp_path: Path) -> None:
    """What the server says of it, "crashed (signal 11)", is held by the tests of endings."""
    folder = make_worker_run(tmp_path)

    code = fork_worker(folder, plant=fault_injection.on_pass(fault_injection.crash, number=2)).wait()

    assert code == -signal.SIGSEGV
    assert "Segmentation fault" in RunFolder(folder).log.read_text()
    assert "fault_injection.py" in RunFolder(folder).log.read_text()
    assert not list(folder.glob("core*"))


@covers("F21")
def test_a_worker_that_ends_without_a_result_says_nothing_of_a_finish(tmp_path: Path) -> None:
    """Exit code 0 alone finishes nothing: the log has no `finished`, and the server tells so (tests of endings)."""
    folder = make_worker_run(tmp_path)

    code = fork_worker(folder, plant=fault_injection.on_pass(lambda: __import__("os")._exit(0), number=2)).wait()

    assert code == 0
    assert not of_kind(folder, "finished")


@covers("F43")
def test_a_limit_of_memory_ends_the_run_with_its_cause(tmp_path: Path) -> None:
    """By `prlimit --as`, since a memory cgroup is not at hand everywhere; the kernel's killer is told by the server.

    The libraries alone map more than 4 GiB, so the limit lies above what imports take.
    """
    if shutil.which("prlimit") is None:
        pytest.skip("F43: prlimit is not installed")
    folder = make_worker_run(
        tmp_path, {"image.image_width": 1024, "image.image_height": 1024, "training.batch_size": 64}
    )
    with RunFolder(folder).log.open("ab") as log:
        command = ["prlimit", f"--as={6 << 30}", sys.executable, "-m", "studio.training", str(folder)]
        code = subprocess.run(command, stdout=log, stderr=log, check=False, timeout=120).returncode

    failed = of_kind(folder, "failed")[0]
    assert code == 1
    assert failed.code == "oom_host", failed.message
    assert "images of 1024 x 1024 pixels" in failed.message
    assert failed.setting == "training.batch_size"


@covers("F38")
def test_one_damaged_checkpoint_is_discarded_and_the_next_is_kept(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("F38: strace is not installed")
    folder = make_worker_run(tmp_path, {"training.epochs": 3, "training.evaluation_epochs": 1.0})
    with RunFolder(folder).log.open("ab") as log:
        inject = ["strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", "trace=fsync"]
        inject += ["-e", "inject=fsync:error=EIO:when=3"]
        command = [*inject, sys.executable, "-m", "studio.training", str(folder)]
        code = subprocess.run(command, stdout=log, stderr=log, check=False, timeout=240).returncode

    assert code == 0, tail(folder)
    assert "EIO" in (tmp_path / "trace").read_text()
    assert_checkpoints_are_whole(folder)


@covers("F40")
def test_a_flipped_bit_is_named_and_the_checkpoint_before_is_used(tmp_path: Path) -> None:
    folder = make_worker_run(tmp_path, {"training.epochs": 3, "training.save_best_checkpoint": True})
    fork_worker(folder, {"STUDIO_FAIL": "update:kill@20"}).wait()
    store = CheckpointStore(RunFolder(folder).checkpoints)
    newest = store.latest()
    assert newest is not None
    kept = newest.with_name("ckpt-1")
    shutil.copytree(newest, kept)
    flip(newest / "model.safetensors")
    next_attempt(folder)

    worker = fork_worker(folder)
    worker.wait()

    lines = [event.text for event in of_kind(folder, "log")]
    assert any("model.safetensors" in line and newest.name in line for line in lines), lines
    assert any("ckpt-1" in line for line in lines)


@covers("F40")
def test_a_flipped_bit_in_the_only_checkpoint_fails_with_the_files_name(tmp_path: Path) -> None:
    folder = make_worker_run(tmp_path, {"training.epochs": 3, "training.evaluation_epochs": 3.0})
    fork_worker(folder, {"STUDIO_FAIL": "update:kill@8"}).wait()
    newest = CheckpointStore(RunFolder(folder).checkpoints).latest()
    assert newest is not None
    flip(newest / "optimizer.safetensors")
    next_attempt(folder)

    code = fork_worker(folder).wait()

    failed = of_kind(folder, "failed")[0]
    assert code == 1
    assert failed.code == "checkpoint_damaged"
    assert f"optimizer.safetensors of the checkpoint {newest.name}" in failed.message


def flip(path: Path) -> None:
    """Turn one bit of a file around."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


PLACES = ("file:kill@4", "files:kill@2", "manifest:kill@2", "before_rename:kill@2", "after_rename:kill@2", "prune:kill")
"""In the second checkpoint of a run, or when the first is dropped; a checkpoint has three files of tensors."""


@covers("F24", "I10", "I11", "I12")
@pytest.mark.parametrize("place", PLACES)
def test_a_death_inside_a_checkpoint_leaves_the_old_or_the_new_one(tmp_path: Path, place: str) -> None:
    # The log loss falls with every epoch, so that each has a checkpoint and drops the one before.
    settings = {"training.epochs": 3, "training.save_best_checkpoint": True, "prediction.metric": "LogLoss"}
    folder = make_worker_run(tmp_path, settings)

    first = fork_worker(folder, {"STUDIO_FAIL": f"checkpoint_{place}"}).wait()
    assert_checkpoints_are_whole(folder)
    next_attempt(folder)
    second = fork_worker(folder).wait()

    assert (first, second) == (-signal.SIGKILL, 0), tail(folder)
    assert of_kind(folder, "started")[1].resumed_from_step
    whole = undisturbed(settings)
    assert stream(folder) == stream(whole)
    assert_same_weights(folder, whole)
    assert not list(RunFolder(folder).checkpoints.glob("*tmp*"))


def assert_same_weights(first: Path, second: Path) -> None:
    from safetensors.torch import load_file

    one, other = (load_file(folder / "bundle" / "model.safetensors") for folder in (first, second))
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


@covers("F29", "I13", "I14")
def test_a_disk_full_for_events_fails_the_run_and_costs_no_point(tmp_path: Path) -> None:
    """The last words are written into the reserve; what the disk refused is there after a resume."""
    settings = {"training.epochs": 30, "training.evaluation_epochs": 30.0}
    whole, folder = undisturbed(settings), make_worker_run(tmp_path / "full", settings)

    worker = fork_worker(folder, {"STUDIO_FAIL": "event_log:enospc@4"})
    code = worker.wait()

    assert code == 1
    assert of_kind(folder, "failed")[0].code == "disk_full"
    assert [event.n for event in events(folder)] == list(range(1, len(events(folder)) + 1))
    known = stream(whole)["train.loss"]
    next_attempt(folder)
    assert fork_worker(folder).wait() == 0
    assert stream(folder)["train.loss"] == known
    assert RunSpec.read(folder).attempt == 2


@covers("I20", "F29")
def test_a_run_waits_below_the_low_water_of_the_disk_and_ends_as_if_it_had_not(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("I20: mounting a disk needs root")
    settings = {"training.epochs": 10, "training.evaluation_epochs": 5.0}
    whole = undisturbed(settings)
    with tmpfs(tmp_path / "disk", "600m") as disk:
        folder = make_worker_run(disk, settings)
        filler = fill(disk, leave=80 << 20)
        worker = fork_worker(folder, {"STUDIO_RESERVE_MB": "400"})
        worker.wait_for(lambda: any("paused" in one.detail for one in of_kind(folder, "phase")))
        steps = len(stream(folder).get("train.loss", ()))
        time.sleep(2)
        assert len(stream(folder).get("train.loss", ())) == steps
        assert "of the disk are free, 210 MB must be" in of_kind(folder, "phase")[-1].detail

        filler.unlink()
        code = worker.wait()

        assert code == 0, tail(folder)
        assert stream(folder) == stream(whole)
        assert_same_weights(whole, folder)


@covers("I6", "I20")
def test_a_run_that_waits_for_the_disk_hears_a_stop(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("I20: mounting a disk needs root")
    with tmpfs(tmp_path / "disk", "600m") as disk:
        folder = make_worker_run(disk, {"training.epochs": 60})
        fill(disk, leave=80 << 20)
        worker = fork_worker(folder, {"STUDIO_RESERVE_MB": "400"})
        worker.wait_for(lambda: any("paused" in one.detail for one in of_kind(folder, "phase")))

        RunFolder(folder).stop.touch()

        assert worker.wait(30) == 4
        assert_checkpoints_are_whole(folder)
