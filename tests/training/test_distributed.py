"""Several devices a run: the same result as one, and one fate for all processes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from benchmarks.workspace import make_run
from studio.datasets.dataset import Dataset
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.processes.distributed import ALONE, ProcessGroup
from tests.support.forked_worker import stream
from tests.support.requirements import covers

from .conftest import TINY, Worked

NO_NORMS = {
    "architecture.dropout": 0.0,
    "architecture.backbone": "test_vit2",
    "training.optimizer": "SGD",
    "training.drop_last_batch": False,
    "training.learning_rate": 0.01,
    "augmentation.augmentations_strategy": "Hard",
    "logging.log_grad_norm": True,
    "training.gradient_clip": 1.0,
    "environment.mixed_precision_training": False,
    "environment.memory_layout": "Channels last",
}


METRICS = '"kind":"metrics"'


def order(folder: Path, dataset: Dataset, settings: Mapping[str, Any], devices: int, **more: Any) -> None:
    if not folder.exists():
        make_run(folder, dataset, {**TINY, **settings}, threads=devices, seed=3)
    RunSpec.read(folder).model_copy(update={"devices": tuple(range(devices)), **more}).write(folder)


def start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "STUDIO_FAKE_GPUS": "2", "CUDA_VISIBLE_DEVICES": ""}
    with (folder / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "studio.training", str(folder)], stdout=log, stderr=log, env=environment
        )


def work(folder: Path, dataset: Dataset, settings: Mapping[str, Any], devices: int, **more: Any) -> Worked:
    order(folder, dataset, settings, devices, **more)
    return Worked(folder, start(folder).wait(timeout=120))


def wait_for(folder: Path, pattern: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (folder / "events.jsonl").exists() and re.search(pattern, (folder / "events.jsonl").read_text()):
            return
        time.sleep(0.05)
    raise AssertionError((folder / "worker.log").read_text())


def test_two_processes_learn_what_one_does_with_twice_the_batch(tmp_path: Path, shapes: Dataset) -> None:
    settings = {**NO_NORMS, "training.grad_accumulation": 2, "training.ema_decay": 0.9, "dataset.data_sample": 0.9}

    alone = work(tmp_path / "alone", shapes, {**settings, "training.batch_size": 20}, 1)
    both = work(tmp_path / "both", shapes, {**settings, "training.batch_size": 10}, 2)

    first, second = alone.weights(), both.weights()
    assert (alone.code, both.code) == (0, 0)
    torch.testing.assert_close(first, second, rtol=0, atol=1e-5)  # also fails for NaN, as a largest value does not
    for series in ("train.loss", "train.gradient_norm", "validation.loss"):
        steps, values = zip(*alone.series(series), strict=True)
        assert [step for step, _ in both.series(series)] == list(steps)
        assert [value for _, value in both.series(series)] == pytest.approx(values, abs=1e-5)


@pytest.mark.heavy
def test_synchronized_norms_see_the_whole_batch(tmp_path: Path, shapes: Dataset) -> None:
    settings = {**NO_NORMS, "architecture.backbone": "test_efficientnet", "training.epochs": 1}
    settings |= {"architecture.batch_normalization": "Train", "training.drop_last_batch": True}

    alone = work(tmp_path / "alone", shapes, {**settings, "training.batch_size": 16}, 1)
    synchronized = {**settings, "training.batch_size": 8, "environment.sync_batch_normalization": True}
    synchronized["environment.number_of_gpus_per_run"] = 2
    synchronized["environment.gpus"] = ["1", "2"]
    both = work(tmp_path / "both", shapes, synchronized, 2)

    first, second = alone.weights(), both.weights()
    assert "are synchronized over all devices" in (tmp_path / "both" / "worker.log").read_text()
    torch.testing.assert_close(first, second, rtol=0, atol=1e-4)


@pytest.mark.heavy
def test_a_team_ends_on_time_together_with_its_soup(tmp_path: Path, shapes: Dataset) -> None:
    settings = {**NO_NORMS, "training.batch_size": 8, "training.epochs": 10_000, "training.time_limit": 0.05}

    done = work(tmp_path / "both", shapes, {**settings, "training.greedy_soup": 2}, 2)

    assert done.code == 0
    updates = len(done.series("train.loss"))
    assert 1 < updates < 60_000
    assert done.series("validation.loss")[-1][0] == 16 * updates
    assert any("The time limit of 0.05 minutes" in event.text for event in done.of_kind("log"))
    assert (done.folder / "insights" / "greedy-soup.json").is_file()


@covers("I12")
@pytest.mark.heavy
def test_a_team_that_was_killed_and_stopped_resumes_to_the_same_bits(tmp_path: Path, shapes: Dataset) -> None:
    settings = {**NO_NORMS, "architecture.dropout": 0.5, "training.batch_size": 8, "training.epochs": 12}
    settings |= {"training.evaluation_epochs": 1.0, "training.head_start": "Linear probe", "training.ema_decay": 0.9}
    whole = work(tmp_path / "whole", shapes, settings, 2)

    folder = tmp_path / "parts"
    order(folder, shapes, settings, 2)
    process = start(folder)
    wait_for(folder, '"kind":"checkpoint"')
    others = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    killed = process.wait(timeout=60)
    psutil.wait_procs(others, timeout=10)
    order(folder, shapes, settings, 2, attempt=2, fence=2, resume=True)
    process = start(folder)
    wait_for(folder, f'"attempt":2.*{METRICS}|{METRICS}.*"attempt":2')
    RunFolder(folder).stop.touch()
    stopped = process.wait(timeout=60)
    RunFolder(folder).stop.unlink()
    resumed = work(folder, shapes, settings, 2, attempt=3, fence=3, resume=True)

    first, second = whole.weights(), resumed.weights()
    assert (killed, stopped, resumed.code) == (-signal.SIGKILL, 4, 0)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert stream(tmp_path / "whole") == stream(folder)


def endless(folder: Path, dataset: Dataset) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """A process group in the middle of a long training, and its further processes."""
    order(folder, dataset, {**NO_NORMS, "training.epochs": 5000, "training.evaluation_epochs": 1000.0}, 2)
    process = start(folder)
    wait_for(folder, METRICS)
    return process, psutil.Process(process.pid).children(recursive=True)


@pytest.mark.heavy
def test_no_process_outlives_the_first(tmp_path: Path, shapes: Dataset) -> None:
    process, others = endless(tmp_path / "run", shapes)

    process.kill()
    process.wait()
    gone, alive = psutil.wait_procs(others, timeout=5)

    assert gone
    assert not alive


@pytest.mark.heavy
def test_the_loss_of_one_process_ends_all_with_its_reason(tmp_path: Path, shapes: Dataset) -> None:
    process, others = endless(tmp_path / "run", shapes)

    others[0].send_signal(signal.SIGKILL)
    code = process.wait(timeout=60)

    failed = Worked(tmp_path / "run", code).of_kind("failed")[0]
    assert code == 1
    assert failed.code == "rank_killed"
    assert "GPU 2" in failed.message


def test_a_team_of_one_agrees_with_itself() -> None:
    assert ALONE.from_first({"a": 1}) == {"a": 1}
    assert ALONE.gather(3) == [3]
    assert (ALONE.any(True), ALONE.any(False)) == (True, False)


@pytest.mark.parametrize(("count", "size"), [(16, 2), (7, 2), (5, 3), (4, 4)])
def test_parts_of_a_batch_are_the_batch(count: int, size: int) -> None:
    parts = [ProcessGroup(rank, size).part(10, 10 + count) for rank in range(size)]

    assert [row for start, stop in parts for row in range(start, stop)] == list(range(10, 10 + count))
    assert max(stop - start for start, stop in parts) - min(stop - start for start, stop in parts) <= 1
