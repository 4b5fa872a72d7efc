"""decide: what to do with the queue and the workers as they are now. Pure: values in, actions out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from studio.runs.hang_timeout import HANG_SECONDS
from studio.runs.spec import WorkerKind
from studio.runs.state import RunState
from studio.scheduling.exit_reasons import exit_reason_of

START_SECONDS = 30.0
INHERITED_START_SECONDS = 12.0
"""For a start that an earlier server ordered: it had its time before."""
TERM_SECONDS = 20.0
KILL_SECONDS = 30.0
LINGER_SECONDS = 10.0
LEFTOVER_SECONDS = 3.0
"""How long what a gone worker started may take to end by itself."""
REAP_SECONDS = 1.5
"""How long the exit code of a gone worker may take to come."""
DUMP_SECONDS = 5.0
"""Between the order to write down where it hangs, and its end."""
MAX_LAUNCHES = 2

Force = Literal["dump", "term", "kill"]


@dataclass(frozen=True)
class Waiting:
    """A queued run. The queue is in order."""

    id: str
    kind: WorkerKind
    gpus: tuple[int, ...] = ()
    """The devices it may use; none means CPU."""
    gpus_a_run: int = 1
    """How many of them it takes, at most all."""


@dataclass(frozen=True)
class Working:
    """An active run and what is known of its process."""

    id: str
    kind: WorkerKind
    state: RunState
    seconds: float
    """In this state."""
    is_alive: bool | None
    """Whether somebody holds its lock; None while it is too early to ask."""
    reported: str | None = None
    reported_seconds: float = 0.0
    devices: tuple[int, ...] = ()
    launches: int = 1
    exit_code: int | None = None
    """Of a process that this server started and that has ended."""
    is_inherited: bool = False
    """Whether an earlier server started it."""
    forced: Force | None = None
    """The strongest signal sent so far."""
    remaining: int = 0
    """Living processes of its tree, counted once nobody holds its lock."""
    gone_seconds: float = 0.0
    """Since its lock was first seen free."""
    silent_seconds: float = 0.0
    """Without an event, while this server was looking."""
    is_memory_short: bool = False
    """Whether the kernel killed something for lack of memory since its start."""
    where: str = ""
    """How far it was, in words."""
    is_folder_gone: bool = False
    """Whether the folder that it works in was removed."""
    damage: str = ""
    """Why nothing it writes can be taken over, in words; empty otherwise."""


@dataclass(frozen=True)
class Slots:
    """What may run at the same time."""

    gpus: tuple[int, ...] = ()
    cpu_runs: int = 1
    inspections: int = 1
    predictions: int = 1
    is_disk_low: bool = False


@dataclass(frozen=True)
class Launch:
    """Start a queued run."""

    id: str
    devices: tuple[int, ...]


@dataclass(frozen=True)
class Hold:
    """Leave a queued run where it is, and say why."""

    id: str
    reason: str


@dataclass(frozen=True)
class Move:
    """Move an active run."""

    id: str
    state: RunState
    reason: str
    code: str = ""
    """Why a run ended that did not say so itself, for programs; empty otherwise."""
    hint: str = ""
    setting: str = ""


@dataclass(frozen=True)
class Signal:
    """Make a worker end, or write down where it hangs."""

    id: str
    force: Force


@dataclass(frozen=True)
class Sweep:
    """End what a worker that is gone left behind."""

    id: str


Action = Launch | Hold | Move | Signal | Sweep
_ENDINGS = {"finished": RunState.FINISHED, "failed": RunState.FAILED, "stopped": RunState.STOPPED}


def decide(
    queue: Sequence[Waiting], slots: Slots, workers: Sequence[Working], hang_seconds: float = HANG_SECONDS
) -> tuple[Action, ...]:
    """Moves and signals for the workers, then launches and reasons for the queue.

    Time is in the seconds each worker carries, measured by a clock that never steps.
    """
    followed = (action for worker in workers for action in _follow_tree(worker, hang_seconds))
    return (*followed, *_admit(queue, slots, workers))


def _follow_tree(worker: Working, hang_seconds: float) -> Iterator[Action]:
    """No run leaves its place, and no device is given on, while a process of its tree lives."""
    for action in _follow(worker, hang_seconds):
        is_leaving = isinstance(action, Move) and action.state is not RunState.RUNNING
        if not is_leaving or not worker.remaining:
            yield action
        elif worker.gone_seconds >= LEFTOVER_SECONDS:
            yield Sweep(worker.id)


def _follow(worker: Working, hang_seconds: float) -> Iterator[Action]:
    if worker.damage:
        yield from _give_up(worker)
        return
    if worker.is_folder_gone and worker.reported:  # before it has begun, its folder may not have been made
        hint = "It was deleted or moved. Start again; a resumed run starts from the beginning."
        yield Move(worker.id, RunState.FAILED, "the folder of this run is gone", code="files_gone", hint=hint)
        return
    ending = _ENDINGS.get(worker.reported or "")
    if ending is not None:
        if worker.is_alive is False:
            yield Move(worker.id, ending, _ENDING_REASONS[ending])
        elif worker.reported_seconds > LINGER_SECONDS and worker.forced != "kill":
            yield Signal(worker.id, "kill")
        return
    match worker.state:
        case RunState.STARTING:
            yield from _follow_start(worker, hang_seconds)
        case RunState.RUNNING:
            if worker.is_alive is False:
                yield from _gone(worker)
            else:
                yield from _follow_silence(worker, hang_seconds)
        case RunState.STOPPING:
            yield from _follow_stop(worker)


_ENDING_REASONS = {
    RunState.FINISHED: "the worker finished",
    RunState.FAILED: "the worker reported a failure",
    RunState.STOPPED: "the worker stopped as asked",
}


def _follow_start(worker: Working, hang_seconds: float) -> Iterator[Action]:
    if worker.reported == "started":
        if worker.is_alive is False:
            yield from _gone(worker)
        else:
            yield Move(worker.id, RunState.RUNNING, "the worker started")
        return
    if worker.is_alive:
        yield from _follow_silence(worker, hang_seconds)
        return
    if worker.forced:
        yield from _gone(worker)
        return
    limit = INHERITED_START_SECONDS if worker.is_inherited else START_SECONDS
    if worker.exit_code is not None:
        how = f"ended with {_exit_words(worker.exit_code)}"
    elif worker.seconds >= limit:
        how = f"did not begin within {limit:.0f} s"
    else:
        return
    if worker.launches < MAX_LAUNCHES:
        yield Move(worker.id, RunState.QUEUED, f"the worker {how}; it is started once more")
    else:
        hint = "See the worker's log and the server's log."
        yield Move(worker.id, RunState.LOST, f"the worker {how}, twice", code="no_start", hint=hint)


def _follow_silence(worker: Working, hang_seconds: float) -> Iterator[Action]:
    """A living worker writes a heartbeat every 5 s, whatever it computes; one that does not hangs as a whole."""
    if worker.silent_seconds < hang_seconds:
        return
    if worker.forced is None:
        yield Signal(worker.id, "dump")
    elif worker.forced == "dump" and worker.silent_seconds >= hang_seconds + DUMP_SECONDS:
        yield Signal(worker.id, "kill")


def _follow_stop(worker: Working) -> Iterator[Action]:
    if worker.is_alive is False:
        if worker.forced:
            yield Move(worker.id, RunState.STOPPED, "the worker was ended by force")
        elif worker.reported == "started":
            yield from _gone(worker)
        elif worker.exit_code is not None or worker.seconds >= START_SECONDS:
            yield Move(worker.id, RunState.STOPPED, "the worker had not begun")
    elif worker.is_alive is None:
        if worker.exit_code is not None:
            yield Move(worker.id, RunState.STOPPED, "the worker had not begun")
    elif worker.seconds >= KILL_SECONDS:
        if worker.forced != "kill":
            yield Signal(worker.id, "kill")
    elif worker.seconds >= TERM_SECONDS and worker.forced is None:
        yield Signal(worker.id, "term")


def _give_up(worker: Working) -> Iterator[Action]:
    """Nobody can know what it does, so it is ended, and then failed."""
    if worker.is_alive is False:
        hint = "Details are in its log and the server's log. Start it again, or delete it."
        yield Move(worker.id, RunState.FAILED, worker.damage, code="damaged_log", hint=hint)
    elif worker.forced != "kill":
        yield Signal(worker.id, "kill")


def _gone(worker: Working) -> Iterator[Action]:
    """A worker whose lock is free though it told no end."""
    if worker.forced:
        where = f" at {worker.where}" if worker.where else ""
        yield Move(
            worker.id,
            RunState.FAILED,
            f"the worker sent no event for {worker.silent_seconds:.0f} s{where} and was ended",
            code="stuck",
            hint="Its log shows the stack of each thread. Resume it from its last checkpoint.",
        )
    elif worker.exit_code is not None or worker.gone_seconds >= REAP_SECONDS:
        ending = exit_reason_of(worker.exit_code, is_memory_short=worker.is_memory_short)
        yield Move(worker.id, ending.state, ending.reason, ending.code, ending.hint, ending.setting)


def _exit_words(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _admit(queue: Sequence[Waiting], slots: Slots, workers: Sequence[Working]) -> Iterator[Action]:
    taken_gpus = {device for worker in workers for device in worker.devices}
    counts = dict.fromkeys(WorkerKind, 0)
    for worker in workers:
        if worker.kind is not WorkerKind.TRAIN or not worker.devices:
            counts[worker.kind] += 1
    limits = {
        WorkerKind.TRAIN: slots.cpu_runs,
        WorkerKind.INSPECT: slots.inspections,
        WorkerKind.PREDICT: slots.predictions,
        WorkerKind.ONLINE_INFERENCE: 0,
        WorkerKind.PREVIEW: 0,
    }
    for waiting in queue:
        wanted = tuple(device for device in waiting.gpus if device in slots.gpus)
        if slots.is_disk_low:
            yield Hold(waiting.id, "The disk is nearly full. Free some space; the run starts then.")
        elif wanted:
            count = min(waiting.gpus_a_run, len(wanted))
            free = tuple(device for device in wanted if device not in taken_gpus)[:count]
            # Also without enough: what is free is kept for it, or runs that take fewer would go before it for ever.
            taken_gpus.update(free)
            if len(free) == count:
                yield Launch(waiting.id, free)
            else:
                yield Hold(waiting.id, _gpus_in_use(wanted, count, len(free)))
        elif counts[waiting.kind] < limits[waiting.kind]:
            counts[waiting.kind] += 1
            yield Launch(waiting.id, ())
        else:
            yield Hold(waiting.id, _HOLD_REASONS[waiting.kind])


def _gpus_in_use(wanted: Sequence[int], count: int, free: int) -> str:
    if count == 1:
        busy = ", ".join(str(device + 1) for device in wanted)
        return f"GPU {busy} is in use."
    return f"It needs {count} GPUs at once; {free} of the {len(wanted)} it may use are free."


_HOLD_REASONS = {
    WorkerKind.TRAIN: "Another run is training. This machine trains one run at a time.",
    WorkerKind.INSPECT: "Another dataset is being inspected.",
    WorkerKind.PREDICT: "Another prediction is being made.",
    WorkerKind.ONLINE_INFERENCE: "Online inference is not queued.",
    WorkerKind.PREVIEW: "Previews are not queued.",
}
