import pytest

from studio.errors import ConflictError
from studio.runs.state import ACTIVE, ENDED, MOVES, RESUMABLE, RunState, check_move, state_of_experiment


def test_every_state_has_a_row_in_the_table_of_moves() -> None:
    assert set(MOVES) == set(RunState)
    assert ACTIVE | ENDED | {RunState.QUEUED} == set(RunState)


def test_nothing_leaves_finished() -> None:
    assert MOVES[RunState.FINISHED] == frozenset()


def test_what_can_be_resumed_goes_back_to_the_queue() -> None:
    assert {state for state in RunState if RunState.QUEUED in MOVES[state]} == RESUMABLE | {RunState.STARTING}


def test_a_forbidden_move_names_both_states() -> None:
    with pytest.raises(ConflictError, match="finished cannot become running"):
        check_move(RunState.FINISHED, RunState.RUNNING)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([RunState.FINISHED, RunState.RUNNING, RunState.FAILED], RunState.RUNNING),
        ([RunState.FINISHED, RunState.QUEUED], RunState.QUEUED),
        ([RunState.FINISHED, RunState.FAILED], RunState.FAILED),
        ([RunState.FINISHED, RunState.STOPPED], RunState.STOPPED),
        ([RunState.FINISHED, RunState.FINISHED], RunState.FINISHED),
        ([], RunState.QUEUED),
    ],
)
def test_an_experiments_state_follows_from_its_runs(states: list[RunState], expected: RunState) -> None:
    assert state_of_experiment(states) is expected
