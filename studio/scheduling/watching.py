"""Watching: what the scheduler remembers of active runs, and who is told what changes."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from studio.runs.state import RunState
from studio.scheduling.decide import KILL_SECONDS, TERM_SECONDS, Force
from studio.scheduling.exit_reasons import memory_kills
from studio.store.projector import Projection
from studio.store.runs import RunRow

MAX_LOOK_SECONDS = 5.0
"""Of one round at most so much counts as silence of a worker: a server that was halted or suspended heard nobody."""
ReachedStage = Literal["asked", "told", "killed"]


class Listener(Protocol):
    """Who wants to know what changes. Called in the scheduler's thread, or in that of a request."""

    def projected(self, run: RunRow, projection: Projection) -> None:
        """New events of a run are in the database."""

    def moved(self, run: RunRow) -> None:
        """A run has another state; `run` is as it is now."""

    def queue_changed(self) -> None:
        """What runs or waits, or why, is no longer the same."""

    def ticked(self) -> None:
        """A round is over."""


@dataclass
class Watch:
    """What is remembered of an active run between rounds; never what decides whether it lives."""

    state: RunState
    fence: int
    since: float
    is_inherited: bool
    reported_since: float | None = None
    gone_since: float | None = None
    silent_seconds: float = 0.0
    looked: float | None = None
    damage: str = ""
    """Why nothing it writes can be taken over, if so."""
    forced: Force | None = None
    memory_kills: int = field(default_factory=memory_kills)


@dataclass(frozen=True)
class StopStage:
    """How far a stop is, and when the next, harder means follows."""

    stage: ReachedStage
    seconds_left: float


def stop_stage(watch: Watch, now: float) -> StopStage | None:
    """How far the stop of a watched run is; None if it is not being stopped."""
    if watch.state is not RunState.STOPPING:
        return None
    seconds = now - watch.since
    match watch.forced:
        case "kill":
            return StopStage("killed", 0.0)
        case "term":
            return StopStage("told", max(0.0, KILL_SECONDS - seconds))
        case _:
            return StopStage("asked", max(0.0, TERM_SECONDS - seconds))


def listen(watch: Watch, events: int, now: float) -> None:
    """Count how long a worker has been silent while this server was listening."""
    if events:
        watch.silent_seconds = 0.0
        if watch.forced == "dump":
            watch.forced = None  # it speaks again
    elif watch.looked is not None:
        watch.silent_seconds += min(now - watch.looked, MAX_LOOK_SECONDS)
    watch.looked = now


def where(run: RunRow) -> str:
    """How far a run was, in words."""
    phase = (run.phase or {}).get("name", "")
    parts = [f"step {run.step:,} of epoch {run.epoch:.2f}" if run.step else "", f"while {phase}" if phase else ""]
    return ", ".join(filter(None, parts))
