"""RunState and its moves: the one table of what may follow what."""

from collections.abc import Iterable
from enum import StrEnum

from studio.errors import ConflictError


class RunState(StrEnum):
    """Where a run is. *failed* means the work said so; *lost* means its process vanished."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.STARTING, RunState.STOPPED, RunState.FAILED}),
    RunState.STARTING: frozenset(
        {
            RunState.RUNNING,
            RunState.STOPPING,
            RunState.FINISHED,
            RunState.FAILED,
            RunState.STOPPED,
            RunState.LOST,
            RunState.QUEUED,
        }
    ),
    RunState.RUNNING: frozenset(
        {RunState.STOPPING, RunState.FINISHED, RunState.FAILED, RunState.STOPPED, RunState.LOST}
    ),
    RunState.STOPPING: frozenset({RunState.STOPPED, RunState.FINISHED, RunState.FAILED, RunState.LOST}),
    RunState.FINISHED: frozenset(),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.STOPPED: frozenset({RunState.QUEUED}),
    RunState.LOST: frozenset({RunState.QUEUED}),
}
"""Allowed moves. Ended runs go back to the queue as a new attempt; nothing leaves *finished*."""

ACTIVE = frozenset({RunState.STARTING, RunState.RUNNING, RunState.STOPPING})
ENDED = frozenset({RunState.FINISHED, RunState.FAILED, RunState.STOPPED, RunState.LOST})
RESUMABLE = frozenset({RunState.FAILED, RunState.STOPPED, RunState.LOST})


def read_state(text: str) -> RunState:
    """A stored state; what is none of them says that something went wrong."""
    return RunState(text) if text in set(RunState) else RunState.FAILED


def check_move(old: RunState, new: RunState) -> None:
    """Refuse a move that is not in the table.

    Raises:
        ConflictError: naming both states.
    """
    if new not in MOVES[old]:
        raise ConflictError(
            f"A run that is {old} cannot become {new}.", hint=f"Allowed: {', '.join(sorted(MOVES[old])) or 'nothing'}."
        )


_PRECEDENCE = (
    RunState.RUNNING,
    RunState.STOPPING,
    RunState.STARTING,
    RunState.QUEUED,
    RunState.LOST,
    RunState.FAILED,
    RunState.STOPPED,
    RunState.FINISHED,
)


def state_of_experiment(runs: Iterable[RunState]) -> RunState:
    """An experiment's state, derived from its runs: what still goes on first, then what went wrong."""
    states = set(runs)
    return next((state for state in _PRECEDENCE if state in states), RunState.QUEUED)
