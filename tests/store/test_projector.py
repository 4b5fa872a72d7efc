"""The event log becomes rows, each event exactly once, and only those of the present fence."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from studio.results.insight import InsightEntry
from studio.runs import events
from studio.runs.state import RunState
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from studio.store.tables import metric_point

AddRun = Callable[..., RunRow]
WriteLog = Callable[..., Path]
ENTRY = InsightEntry(key="validation-confusion", group="validation", title="t", how_to_read="h", kind="matrix")


def start(store: Store, add_run: AddRun) -> RunRow:
    return store.runs.move(add_run(), RunState.STARTING, "start", 2.0)


def training(losses: list[float]) -> list[events.Event]:
    points = [
        events.Metrics(points={"train.loss": ((step, loss),), "validation.LogLoss": ((step, loss),)}, epoch=float(step))
        for step, loss in enumerate(losses, start=1)
    ]
    return [events.Started(pid=1, seed=7), *points]


def best(value: float, step: int) -> events.BestValidation:
    return events.BestValidation(metric=value, epoch=float(step), step=step)


def count_points(store: Store) -> int:
    with store.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(metric_point)) or 0


@pytest.mark.parametrize("cut", range(9))
def test_a_restart_at_any_event_repeats_none_and_loses_none(
    store: Store, home: Home, add_run: AddRun, write_log: WriteLog, tmp_path: Path, cut: int
) -> None:
    row = start(store, add_run)
    items = [
        *training([0.5, 0.4, 0.3]),
        best(0.3, 3),
        events.Log(text="half"),
        events.InsightWritten(entry=ENTRY),
        events.Finished(),
    ]
    whole = write_log(*items).read_bytes().splitlines(keepends=True)
    log = tmp_path / "part.jsonl"
    log.write_bytes(b"".join(whole[:cut]) + (whole[cut][:10] if cut < len(whole) else b""))
    store.projector.project(row, log)
    store.close()

    again = Store.open(home)
    log.write_bytes(b"".join(whole))
    again.projector.project(again.runs.get("run-1"), log)
    repeated = again.projector.project(again.runs.get("run-1"), log)

    row = again.runs.get("run-1")
    assert repeated.events == 0
    assert count_points(again) == 6
    assert row.reported == "finished"
    assert row.best == {"metric": 0.3, "epoch": 3.0, "step": 3}
    assert [line.text for line in again.artefacts.log("run-1")[0]] == ["half"]
    assert again.artefacts.insights("run-1") == [ENTRY]
    again.close()


def test_events_of_an_older_fence_are_refused(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)
    row = store.runs.move(row, RunState.LOST, "gone", 3.0)
    row = store.runs.move(row, RunState.QUEUED, "again", 4.0)
    row = store.runs.move(row, RunState.STARTING, "start", 5.0)
    write_log(*training([0.1]), fence=1)
    log = write_log(*training([0.9]), fence=2)

    projection = store.projector.project(row, log)

    assert projection.refused == 2
    assert store.series.read("run-1", [], 10, None, None)["train.loss"].last == [0.9]


def test_a_number_that_is_not_finite_is_kept_as_a_gap(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)

    store.projector.project(row, write_log(*training([0.5, math.nan, math.inf]), best(0.5, 1)))

    series = store.series.read("run-1", ["train.loss"], 10, None, None)["train.loss"]
    assert series.last == [0.5, None, None]
    assert store.runs.get("run-1").best["metric"] == 0.5
    assert store.runs.get("run-1").metrics["train"]["loss"] is None


def test_a_damaged_line_is_passed_over(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)
    log = write_log(*training([0.5]))
    with log.open("ab") as file:
        file.write(b'{"kind": "unheard of", "n": 3}\nnot json\n')
    write_log(events.Log(text="after"))

    store.projector.project(row, log)

    assert [line.text for line in store.artefacts.log("run-1")[0]] == ["after"]


def test_a_resumed_attempt_forgets_points_behind_its_checkpoint(
    store: Store, add_run: AddRun, write_log: WriteLog
) -> None:
    row = start(store, add_run)
    store.projector.project(row, write_log(*training([0.5, 0.4, 0.1]), best(0.1, 3)))
    row = store.runs.move(store.runs.get("run-1"), RunState.LOST, "gone", 3.0)
    row = store.runs.move(row, RunState.QUEUED, "again", 4.0)
    row = store.runs.move(row, RunState.STARTING, "start", 5.0)

    log = write_log(events.Started(pid=2, resumed_from_step=2), fence=2, attempt=2)
    store.projector.project(row, log)

    assert store.series.read("run-1", ["train.loss"], 10, None, None)["train.loss"].steps == [1, 2]
    assert store.runs.get("run-1").best == {}
    store.projector.project(store.runs.get("run-1"), write_log(best(0.4, 2), fence=2, attempt=2))
    assert store.runs.get("run-1").best == {"metric": 0.4, "epoch": 2.0, "step": 2}


def test_the_best_is_what_the_worker_says_whatever_the_points_are(
    store: Store, add_run: AddRun, write_log: WriteLog
) -> None:
    """An evaluation before training may have the best value, and is not the best checkpoint."""
    row = start(store, add_run)

    store.projector.project(row, write_log(*training([0.1, 0.4, 0.3])))
    assert store.runs.get("run-1").best == {}
    store.projector.project(store.runs.get("run-1"), write_log(best(0.3, 3)))

    assert store.runs.get("run-1").best == {"metric": 0.3, "epoch": 3.0, "step": 3}


def test_what_comes_after_training_keeps_its_last_epoch(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)
    trained = events.Progress(fraction=0.9, epoch=3.0, epochs=3, step=96, update=12, updates=12)

    store.projector.project(row, write_log(trained, events.Progress(fraction=0.95, detail="predicting")))

    row = store.runs.get("run-1")
    assert (row.epoch, row.epochs, row.step, row.update_number, row.progress) == (3.0, 3, 96, 12, 0.95)


def test_a_failure_is_told_with_its_cause(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)
    failure = events.Failed(code="out_of_memory", message="No memory.", hint="Less.", setting="training.batch_size")

    projection = store.projector.project(row, write_log(events.Started(pid=1), failure))

    row = store.runs.get("run-1")
    assert projection.reported == row.reported == "failed"
    assert row.error == {
        "code": "out_of_memory",
        "message": "No memory.",
        "hint": "Less.",
        "setting": "training.batch_size",
    }
    assert store.artefacts.first_error("run-1") is not None


def test_control_characters_of_a_log_line_become_visible(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)

    store.projector.project(row, write_log(events.Log(text="a\x1b[2J\r forged")))

    assert store.artefacts.log("run-1")[0][0].text == "a\\x1b[2J\\r forged"


def test_the_projector_never_moves_a_state(store: Store, add_run: AddRun, write_log: WriteLog) -> None:
    row = start(store, add_run)

    store.projector.project(row, write_log(*training([0.5]), events.Finished()))

    assert store.runs.get("run-1").state is RunState.STARTING
