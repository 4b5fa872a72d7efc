"""What every model type must keep when its run is stopped or killed: the same bits and the same points.

Three model types stand for the others in every session: a classifier of images, a detector, a generator of texts. All
of them are held by `make test-faults`.
"""

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from benchmarks.workspace import make_run
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.training.processes.stopping import StopSignal
from studio.training.worker import run_worker
from tests.support.finished_runs import MODELS, Finished
from tests.support.forked_worker import fork_worker, next_attempt, of_kind, stream, tail

REPRESENTATIVE = {"image_classification", "image_object_detection", "text_sequence_to_sequence"}
STOP_AT_LOOK = 2
"""Looks whether to stop come once an update, and once before the first."""


def every_model_type() -> list[pytest.ParameterSet]:
    """The first model type of each representative problem type now, the others in the long loops."""
    seen: set[str] = set()
    cases = []
    for kind, model in MODELS:
        is_representative = kind in REPRESENTATIVE and kind not in seen
        seen.add(kind)
        marks = () if is_representative else (pytest.mark.faults,)
        cases.append(pytest.param((kind, model), id=model or kind, marks=marks))
    return cases


pytestmark = pytest.mark.parametrize("finished", every_model_type(), indirect=True)


def test_a_stopped_run_resumes_to_the_same_bits(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path / "run", finished.dataset, finished.settings, threads=1, model_type=finished.model.id)
    asked = StopSignal.is_requested.fget
    looks = iter(range(100))

    def is_requested(signal: StopSignal) -> bool:
        if next(looks) == STOP_AT_LOOK:
            RunFolder(folder).stop.touch()
        return bool(asked(signal))

    monkeypatch.setattr(StopSignal, "is_requested", property(is_requested))

    stopped = run_worker(folder)
    RunFolder(folder).stop.unlink()
    monkeypatch.undo()
    RunSpec.read(folder).model_copy(update={"attempt": 2, "fence": 2, "resume": True}).write(folder)
    resumed = run_worker(folder)

    assert (stopped, resumed) == (4, 0)
    whole, parts = (load_file(one / "bundle" / "model.safetensors") for one in (finished.folder, folder))
    assert whole.keys() == parts.keys()
    assert [name for name, tensor in whole.items() if not torch.equal(tensor, parts[name])] == []


@pytest.mark.parametrize("workers", [0, 1])
def test_a_killed_run_resumes_to_the_same_bits_and_the_same_points(
    finished: Finished, tmp_path: Path, workers: int
) -> None:
    settings = {**finished.settings, "environment.number_of_workers": workers}
    settings["training.build_scoring_pipelines"] = False

    def order(name: str) -> Path:
        return make_run(tmp_path / name, finished.dataset, settings, threads=1 + workers, model_type=finished.model.id)

    # With data workers there are two threads, which split sums differently: that run is compared with its like.
    whole = finished.folder
    if workers:
        whole = order("whole")
        assert fork_worker(whole).wait() == 0, tail(whole)
    updates = len(stream(whole)["train.loss"])
    chance = random.Random(f"{finished.kind.id} {finished.model.id} {workers}")
    folder = order("run")

    codes = []
    for place in (f"update:kill@{chance.randint(1, updates)}", "checkpoint_after_rename:kill"):
        codes.append(fork_worker(folder, {"STUDIO_FAIL": place}).wait())
        next_attempt(folder)
    codes.append(fork_worker(folder).wait())

    assert codes == [-9, -9, 0], tail(folder)
    assert of_kind(folder, "started")[2].resumed_from_step
    weights, again = (load_file(one / "bundle" / "model.safetensors") for one in (whole, folder))
    assert [name for name, tensor in weights.items() if not torch.equal(tensor, again[name])] == []
    assert stream(folder) == stream(whole)
    assert all(len(dict(points)) == len(points) for points in stream(folder).values())
    assert of_kind(folder, "finished")[0].metrics == of_kind(whole, "finished")[0].metrics
    assert of_kind(folder, "finished")[0].best == of_kind(whole, "finished")[0].best
