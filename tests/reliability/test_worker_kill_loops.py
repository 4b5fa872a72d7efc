"""The long loops: a worker killed at random, again and again, ends where an undisturbed one ends.

Counts come from the environment: STUDIO_WORKER_KILLS (100), STUDIO_CHECKPOINT_KILLS (50), STUDIO_KILL_SEED (0).
"""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from studio.modeling.checkpoint import damaged_file
from studio.runs.folder import RunFolder
from tests.reliability.test_worker_supervision import (
    assert_checkpoints_are_whole,
    assert_same_weights,
    seconds_until_gone,
)
from tests.reliability.worker_runs import make_worker_run
from tests.support.forked_worker import events, fork_worker, next_attempt, of_kind, stream, tail
from tests.support.requirements import covers

pytestmark = pytest.mark.faults

WORKER_KILLS = int(os.environ.get("STUDIO_WORKER_KILLS", "100"))
CHECKPOINT_KILLS = int(os.environ.get("STUDIO_CHECKPOINT_KILLS", "50"))
SEED = int(os.environ.get("STUDIO_KILL_SEED", "0"))
SETTINGS = {
    "training.epochs": 6,
    "training.evaluation_epochs": 0.5,
    "training.grad_accumulation": 2,
    "training.batch_size": 8,
    "augmentation.augmentations_strategy": "Hard",
    "architecture.dropout": 0.3,
    "augmentation.mix_image": "Cutmix",
}
PLACES = ("file", "files", "manifest", "before_rename", "after_rename", "prune")


def undisturbed(home: Path, *, workers: int) -> Path:
    folder = make_worker_run(home, {**SETTINGS, "environment.number_of_workers": workers}, threads=1 + workers)
    assert fork_worker(folder).wait() == 0, tail(folder)
    return folder


def assert_equal(folder: Path, whole: Path) -> None:
    """The same bits, the same figures, every point once and in order, events numbered without a gap."""
    assert_same_weights(folder, whole)
    assert stream(folder) == stream(whole)
    for series in stream(folder).values():
        steps = [step for step, _ in series]
        assert steps == sorted(set(steps))
    assert [event.n for event in events(folder)] == list(range(1, len(events(folder)) + 1))
    assert of_kind(folder, "finished")[0].metrics == of_kind(whole, "finished")[0].metrics


@covers("I10", "I11", "I12", "I14")
@pytest.mark.parametrize("workers", [0, 1])
def test_kills_at_random_moments(tmp_path: Path, workers: int) -> None:
    """SIGKILL from outside, at a random moment of each attempt; data workers are gone with it."""
    chance = random.Random(f"{SEED} {workers}")
    whole = undisturbed(tmp_path / "whole", workers=workers)
    took = of_kind(whole, "finished")[0].time - of_kind(whole, "started")[0].time
    wanted, kills, runs, attempts = (WORKER_KILLS + workers) // 2, 0, 0, 0
    slowest = 0.0
    while kills < wanted:
        runs += 1
        home = tmp_path / f"run-{runs}"
        folder = make_worker_run(home, {**SETTINGS, "environment.number_of_workers": workers}, threads=1 + workers)
        for _ in range(1000):
            attempts += 1
            worker = fork_worker(folder)
            if kills < wanted:
                time.sleep(chance.uniform(0.1, 0.9 * took))
                children = [] if worker.code is not None else worker.children()
                worker.kill()
            code = worker.wait()
            if code == 0:
                break
            assert code == -signal.SIGKILL, tail(folder)
            kills += 1
            slowest = max(slowest, seconds_until_gone(children, 2.0))
            assert_checkpoints_are_whole(folder)
            next_attempt(folder)
        assert_equal(folder, whole)
    print(
        f"\n{kills} kills of a worker with {workers} data workers in {runs} runs and {attempts} attempts: "
        f"{runs} of {runs} ended bit-equal; children gone after {slowest:.2f} s at most"
    )


@covers("F24", "I10", "I11", "I12")
def test_kills_inside_checkpoint_writes(tmp_path: Path) -> None:
    """At each of six places in a random checkpoint; resumed, and killed again at another place, until it ends."""
    chance = random.Random(SEED)
    whole = undisturbed(tmp_path / "whole", workers=0)
    hit = dict.fromkeys(PLACES, 0)
    runs = 0
    while sum(hit.values()) < CHECKPOINT_KILLS:
        runs += 1
        folder = make_worker_run(tmp_path / f"run-{runs}", SETTINGS)
        for _ in range(1000):
            place = min(hit, key=lambda one: (hit[one], chance.random()))
            number = chance.randint(1, 3) * (3 if place == "file" else 1)
            is_enough = sum(hit.values()) >= CHECKPOINT_KILLS
            worker = fork_worker(folder, {} if is_enough else {"STUDIO_FAIL": f"checkpoint_{place}:kill@{number}"})
            if worker.wait() == 0:
                break
            assert worker.code == -signal.SIGKILL, tail(folder)
            hit[place] += 1
            assert_checkpoints_are_whole(folder)
            next_attempt(folder)
        assert_equal(folder, whole)
        assert not list(RunFolder(folder).checkpoints.glob("*tmp*"))
        for path in RunFolder(folder).checkpoints.glob("ckpt-*"):
            assert damaged_file(path) is None
    places = ", ".join(f"{place} {count}" for place, count in hit.items())
    print(f"\n{sum(hit.values())} kills inside checkpoint writes ({places}) in {runs} runs: all ended bit-equal")
