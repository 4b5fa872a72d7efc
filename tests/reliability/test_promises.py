"""Promises about clocks, logs, words and identities that no single fault stands for."""

import json
import os
import time
from pathlib import Path

import pytest

from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.decide import Slots
from studio.scheduling.executors.fake import FakeExecutor, epochs_script
from studio.scheduling.scheduler import Scheduler
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.reliability.conftest import Serve
from tests.reliability.harness import end_all, wait_for
from tests.support.requirements import covers


class Silent:
    """Hears nothing of a scheduler."""

    def projected(self, run: object, projection: object) -> None:
        pass

    def moved(self, run: object) -> None:
        pass

    def queue_changed(self) -> None:
        pass

    def ticked(self) -> None:
        pass


@covers("I26")
def test_a_clock_that_is_set_back_or_forward_changes_no_state_and_no_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, with the wall clock moved by a day both ways; durations come from one that never steps."""
    home = Home.create(tmp_path / "home")
    store = Store.open(home)
    executor = FakeExecutor(epochs_script(epochs=1, steps=3))
    scheduler = Scheduler(home, store, executor, Slots, Silent())
    real = time.time
    for number, shift in enumerate((0.0, -86_400.0, 86_400.0, -3_600.0)):
        monkeypatch.setattr(time, "time", lambda shift=shift: real() + shift)
        spec = RunSpec(kind=WorkerKind.TRAIN, run_id=f"r{number}", problem_type="")
        store.runs.insert(RunRow(id=f"r{number}", kind=WorkerKind.TRAIN, spec=spec, created=time.time()))
        for _ in range(6):
            scheduler.tick()
            executor.join()

    assert executor.launched == ["r0", "r1", "r2", "r3"]
    for number in range(4):
        moves = [one.new.value for one in store.runs.history(f"r{number}")]
        assert moves[0] == "queued"
        assert moves[-1] == "finished"
    store.close()


@covers("I23")
@pytest.mark.trust
def test_what_a_worker_prints_is_bounded_and_its_newest_lines_are_kept(serve: Serve, base: Path) -> None:
    server = serve().ready()
    server.order(steps=100_000)
    _, id = server.start()
    server.await_step(id, 3)
    log = base / "home" / "runs" / id / "worker.log"
    with log.open("ab") as file:
        file.write(b"progress 1 of 2\n" * (4 << 20))
        file.write(b"the newest line\n")
    assert log.stat().st_size > 60 << 20

    wait_for(lambda: log.stat().st_size < 10 << 20)

    older = sorted(log.parent.glob("worker.log.*"))
    assert sum(one.stat().st_size for one in older) <= 2 * (50 << 20)
    assert b"the newest line" in b"".join(one.read_bytes()[-100:] for one in [log, *older])
    with log.open("ab") as file:
        file.write(b"and on\n")
    assert log.read_bytes().endswith(b"and on\n")
    end_all([server])


@covers("I27")
@pytest.mark.trust
def test_every_refusal_says_what_and_what_to_do_and_shows_no_insides(serve: Serve) -> None:
    server = serve().ready()
    [dataset] = server.call("GET", "/api/datasets")
    bad = {
        "problem_type": "image_classification",
        "settings": {"training.epochs": -1, "training.batch_size": 0},
    }

    answers = [
        server.ask("GET", "/api/experiments/nobody"),
        server.ask("GET", "/api/runs/nobody"),
        server.ask("DELETE", "/api/datasets/nobody"),
        server.ask("POST", "/api/experiments", bad),
        server.ask("PATCH", f"/api/datasets/{dataset['id']}", {"nothing": 1}),
        server.ask("POST", "/api/predictions", {"experiment": "nobody"}),
        server.ask("POST", "/api/uploads", {"name": "x.zip", "size": 1 << 60}),
    ]

    for status, found in answers:
        assert 400 <= status < 508
        assert status != 500
        assert found["error"]["message"]
        assert found["error"]["code"]
        assert found["error"]["hint"] or found["findings"]
        assert "Traceback" not in json.dumps(found)
    findings = answers[3][1]["findings"]
    assert all(one["path"] and one["message"] and one["fix"] for one in findings if one["level"] == "error")
    assert len(findings) >= 2  # all at once


@covers("I16", "I4", "I15")
@pytest.mark.trust
def test_what_was_answered_is_there_after_a_kill_right_behind_the_answer(serve: Serve, base: Path) -> None:
    """The loop of 200 such kills is in test_loops.py."""
    server = serve().ready()
    server.order(steps=3)
    experiment, id = server.start("acknowledged")
    server.kill()

    again = serve().ready()

    assert again.call("GET", f"/api/experiments/{experiment}")["name"] == "acknowledged"
    assert again.await_state(id, "finished")
    assert os.path.isdir(base / "home" / "runs" / id)
