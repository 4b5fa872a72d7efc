"""A measured mode is remembered for runs like it, waits for no first step, and is part of the run that measured it."""

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.workspace import make_run
from studio.datasets.dataset import Dataset
from studio.modeling.compute_mode import ComputeMode
from studio.runs.events import SpeedCandidate, SpeedChosen, encode
from studio.training.start.speed_choice import UPDATES_BEFORE
from studio.training.start.speed_memory import MAX_BYTES, MAX_ENTRIES, VARIABLE, SpeedMemory
from studio.training.start.speed_probe import DEFAULT, Choice

from .conftest import TINY
from .test_loop import equal, stop_after

if TYPE_CHECKING:
    from .conftest import ProbeInputs, Worked

HALF = ComputeMode("Channels first", "bfloat16")
CANDIDATES = (SpeedCandidate(layout="Channels last", precision="float32", seconds=0.5),)
MEASURED = Choice(HALF, "measured", 2.0, CANDIDATES, is_complete=True)


@pytest.fixture
def memory(tmp_path: Path) -> SpeedMemory:
    return SpeedMemory(tmp_path / "speeds.json")


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Short runs measure too; gives the file in which they remember."""
    for name, value in (("MIN_BATCHES", 1), ("MIN_RUN_SECONDS", 0.0), ("BUDGET_SHARE", 100.0), ("ROUNDS", (1, 1))):
        monkeypatch.setattr(f"studio.training.start.speed_probe.{name}", value)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "speeds.json"))
    return tmp_path / "speeds.json"


def phases(done: "Worked") -> list[str]:
    return [one.name for one in done.of_kind("phase")]


def test_what_was_measured_is_found_again(memory: SpeedMemory) -> None:
    memory.keep("key", MEASURED, DEFAULT)

    found = memory.find("key", (DEFAULT, HALF))

    assert found is not None
    assert (found.mode, found.gain, found.seconds) == (HALF, 2.0, 0.5)
    assert memory.find("another key", (DEFAULT, HALF)) is None
    assert memory.find("key", (DEFAULT,)) is None
    assert memory.path is not None
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600


def test_half_a_measurement_is_not_remembered(memory: SpeedMemory) -> None:
    memory.keep("key", Choice(HALF, "cut short", 2.0, CANDIDATES), DEFAULT)

    assert memory.find("key", (HALF,)) is None


@pytest.mark.covers("F170")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b"{",
        b"[" * 100_000,
        b'{"version": 2, "entries": {}}',
        b'{"version": 1, "entries": {"key": {"layout": "Diagonal"}}}',
        b" " * (MAX_BYTES + 1),
    ],
)
def test_a_damaged_memory_is_an_empty_one_and_is_replaced(memory: SpeedMemory, content: bytes) -> None:
    assert memory.path is not None
    memory.path.write_bytes(content)
    assert memory.find("key", (HALF,)) is None

    memory.keep("key", MEASURED, DEFAULT)

    assert memory.find("key", (HALF,)) is not None


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_not_read(memory: SpeedMemory, make: Any) -> None:
    assert memory.path is not None
    make(memory.path)

    assert memory.find("key", (HALF,)) is None
    memory.keep("key", MEASURED, DEFAULT)


def test_the_memory_stays_small(memory: SpeedMemory) -> None:
    for number in range(MAX_ENTRIES + 5):
        memory.keep(f"key {number}", MEASURED, DEFAULT)

    assert memory.path is not None
    kept = json.loads(memory.path.read_bytes())["entries"]
    assert (len(kept), "key 4" in kept, f"key {MAX_ENTRIES + 4}" in kept) == (MAX_ENTRIES, False, True)


def test_a_run_measures_after_its_first_points_and_the_next_like_it_not_at_all(
    work: "ProbeInputs", measuring: Path
) -> None:
    first = work("first", {"training.epochs": 1})
    second = work("second", {"training.epochs": 1})

    speed = first.of_kind("speed")[0]
    probe = next(one for one in first.of_kind("phase") if one.name == "measuring speed")
    assert (speed.updates_before, len(first.of_kind("speed"))) == (UPDATES_BEFORE, 1)
    assert first.of_kind("metrics")[0].n < probe.n < speed.n
    assert "measuring speed" not in phases(second)
    again = second.of_kind("speed")[0]
    assert (again.layout, again.precision, again.updates_before) == (speed.layout, speed.precision, 0)
    assert "in an earlier run like this one" in again.reason
    assert again.n < second.of_kind("metrics")[0].n


def test_another_batch_size_is_measured_again(work: "ProbeInputs", measuring: Path) -> None:
    work("first", {"training.epochs": 1})

    other = work("other", {"training.epochs": 1, "training.batch_size": 8})

    assert "measuring speed" in phases(other)
    assert len(json.loads(measuring.read_bytes())["entries"]) == 2


def test_a_remembered_mode_is_used_from_the_first_update(work: "ProbeInputs", measuring: Path) -> None:
    fixed = work("fixed", {"environment.memory_layout": "Channels first", "environment.precision": "bfloat16"})
    work("first", {"training.epochs": 1})
    entries = json.loads(measuring.read_bytes())
    for one in entries["entries"].values():
        one |= {"layout": "Channels first", "precision": "bfloat16"}
    measuring.write_text(json.dumps(entries))

    remembered = work("second")

    assert equal(fixed.weights(), remembered.weights())


def planted(tmp_path: Path, shapes: Dataset, name: str, mode: ComputeMode = HALF) -> None:
    """A run whose first attempt chose another mode after the first updates, and left no checkpoint."""
    folder = make_run(tmp_path / name, shapes, TINY, threads=1, seed=3)
    chosen = SpeedChosen(layout=mode.layout, precision=mode.precision, reason="measured", updates_before=UPDATES_BEFORE)
    (folder / "events.jsonl").write_bytes(encode(chosen.model_copy(update={"n": 1, "time": 1.0})))


@pytest.mark.covers("F170")
@pytest.mark.parametrize("stop_at", [3, 9])
def test_a_run_that_changed_its_mode_resumes_to_the_same_bits(
    work: "ProbeInputs", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shapes: Dataset, stop_at: int
) -> None:
    again = {"attempt": 2, "fence": 2, "resume": True}
    planted(tmp_path, shapes, "whole")
    planted(tmp_path, shapes, "parts")
    whole = work("whole", **again)

    with monkeypatch.context() as patch:
        stop_after(tmp_path / "parts", stop_at, patch)
        stopped = work("parts", **again)
    (tmp_path / "parts" / "stop").unlink()
    resumed = work("parts", attempt=3, fence=3, resume=True)

    assert (stopped.code, resumed.code) == (4, 0)
    assert whole.checkpoint()["mode"] == HALF.to_json() == resumed.checkpoint()["mode"]
    assert equal(whole.weights(), resumed.weights())
    assert whole.series("train.loss") == resumed.series("train.loss")
    assert "measuring speed" not in phases(resumed)


def test_staying_in_the_default_mode_changes_no_bit(work: "ProbeInputs", tmp_path: Path, shapes: Dataset) -> None:
    plain = work("plain", {"environment.memory_layout": "Channels last", "environment.precision": "float32"})
    planted(tmp_path, shapes, "told", DEFAULT)

    told = work("told", attempt=2, fence=2, resume=True)

    assert equal(plain.weights(), told.weights())
