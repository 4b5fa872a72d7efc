"""Run states move by compare-and-set, along the table of moves, each move recorded."""

import itertools
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from studio.errors import ConflictError
from studio.runs.state import MOVES, RunState
from studio.store.runs import RunRow, StaleRunError
from studio.store.store import Store
from studio.store.tables import run

AddRun = Callable[..., RunRow]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(RunState, RunState)))
def test_only_moves_of_the_table_happen(store: Store, add_run: AddRun, old: RunState, new: RunState) -> None:
    add_run()
    with store.database.write() as connection:
        connection.execute(update(run).values(state=old))
    row = store.runs.get("run-1")

    if new in MOVES[old]:
        assert store.runs.move(row, new, "test", 2.0).state is new
        assert store.runs.history("run-1")[-1].new is new
    else:
        with pytest.raises(ConflictError):
            store.runs.move(row, new, "test", 2.0)
        assert store.runs.get("run-1").state is old
        assert len(store.runs.history("run-1")) == 1


def test_of_two_who_saw_the_same_state_one_moves(store: Store, add_run: AddRun) -> None:
    row = add_run()
    outcomes: list[str] = []

    def move() -> None:
        try:
            store.runs.move(row, RunState.STARTING, "test", 2.0)
            outcomes.append("moved")
        except StaleRunError:
            outcomes.append("stale")

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["moved", "stale", "stale", "stale"]
    assert [one.new for one in store.runs.history("run-1")] == [RunState.QUEUED, RunState.STARTING]


def test_every_start_takes_a_new_attempt_and_a_higher_fence(store: Store, add_run: AddRun) -> None:
    row = add_run()

    for expected in (1, 2):
        row = store.runs.move(row, RunState.STARTING, "start", 2.0)
        assert (row.attempt, row.fence) == (expected, expected)
        row = store.runs.move(row, RunState.LOST, "gone", 3.0)
        row = store.runs.move(row, RunState.QUEUED, "resume", 4.0)

    assert [(one.attempt, one.fence, one.new.value) for one in store.runs.history("run-1")][-1] == (2, 2, "queued")


def test_the_experiment_follows_its_runs_in_the_same_transaction(store: Store, add_run: AddRun) -> None:
    first, second = add_run("run-1"), add_run("run-2", number=1)

    first = store.runs.move(first, RunState.STARTING, "start", 2.0)
    assert store.experiments.get("exp-1").state is RunState.STARTING
    store.runs.move(first, RunState.FAILED, "bad", 3.0)
    store.runs.move(second, RunState.STOPPED, "stop", 4.0)

    experiment = store.experiments.get("exp-1")
    assert experiment.state is RunState.FAILED
    assert experiment.runs_by_state == {"failed": 1, "stopped": 1}
    assert experiment.ended == 4.0


def test_waiting_runs_can_be_put_into_another_order(store: Store, add_run: AddRun) -> None:
    for number in range(4):
        add_run(f"run-{number}", number=number)

    store.runs.order(["run-2", "run-0"])

    assert [row.id for row in store.runs.in_states([RunState.QUEUED])] == ["run-2", "run-0", "run-1", "run-3"]
    with pytest.raises(ConflictError, match="not waiting"):
        store.runs.order(["run-9"])
