"""Scheduler: observe, decide, act, again and again. The only writer of run states."""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Protocol, assert_never

from studio.errors import ConflictError, StudioError
from studio.failpoints import failpoint
from studio.files import write_json
from studio.machine import usable_cores
from studio.runs.folder import RunFolder
from studio.runs.silence import HANG_SECONDS
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ACTIVE, ENDED, RESUMABLE, RunState
from studio.scheduling.decide import (
    KILL_SECONDS,
    TERM_SECONDS,
    Action,
    Force,
    Hold,
    Launch,
    Move,
    Signal,
    Slots,
    Sweep,
    Waiting,
    Working,
    decide,
)
from studio.scheduling.endings import memory_kills
from studio.scheduling.executors.executor import Executor
from studio.scheduling.free_cores import foreign_cores, threads_beside
from studio.scheduling.orphans import end_orphans
from studio.scheduling.worker_log import bound_log
from studio.store.home import Home
from studio.store.projector import Projection
from studio.store.runs import RunRow, StaleRunError
from studio.store.store import Store

logger = logging.getLogger(__name__)
BUSY_PAUSE_SECONDS = 0.25
IDLE_PAUSE_SECONDS = 2.0
MAX_LOOK_SECONDS = 5.0
"""Of one round at most so much counts as silence of a worker: a server that was halted or suspended heard nobody."""
MAX_BATCHES = 3
"""Of a run's events in one round."""
ORPHAN_SECONDS = 10.0
"""Between two looks for workers whose run has no row."""
_RESUMED = "resumed by the user"
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
class _Watch:
    """What is remembered of an active run between rounds; never what decides whether it lives."""

    state: RunState
    fence: int
    since: float
    is_inherited: bool
    reported_since: float | None = None
    gone_since: float | None = None
    silent_seconds: float = 0.0
    looked: float | None = None
    forced: Force | None = None
    memory_kills: int = field(default_factory=memory_kills)


@dataclass(frozen=True)
class StopStage:
    """How far a stop is, and when the next, harder means follows."""

    stage: ReachedStage
    seconds_left: float


class Scheduler:
    """Runs the queue of one home."""

    def __init__(
        self,
        home: Home,
        store: Store,
        executor: Executor,
        slots: Callable[[], Slots],
        listener: Listener,
        clock: Callable[[], float] = time.monotonic,
        secrets: Callable[[str], Mapping[str, str]] = lambda experiment_id: {},
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        self._home = home
        self._store = store
        self._executor = executor
        self._slots = slots
        self._listener = listener
        self._clock = clock
        self._secrets = secrets
        self._hang_seconds = hang_seconds
        self._watches: dict[str, _Watch] = {}
        self._orphans_due = clock()
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._loop, name="scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; workers go on."""
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def folder(self, run: RunRow) -> RunFolder:
        """A run's folder."""
        return RunFolder(self._home.worker_folder(run.kind, run.id))

    def stop_run(self, id: str) -> None:
        """Ask a run to stop after its present step; a waiting one ends at once, an ended one stays as it is."""
        with self._lock:
            run = self._store.runs.get(id)
            if run.state is RunState.QUEUED:
                self._move(run, RunState.STOPPED, "stopped by the user before it began")
            elif run.state in (RunState.STARTING, RunState.RUNNING):
                self.folder(run).stop.touch()
                # Before the move is told, so that what is told of it has its deadline.
                self._watches[id] = _Watch(RunState.STOPPING, run.fence, self._clock(), is_inherited=False)
                self._move(run, RunState.STOPPING, "the user asked it to stop")
        self.wake()

    def resume_run(self, id: str) -> None:
        """Queue a run again; see `resume_runs`."""
        self.resume_runs([id])

    def resume_runs(self, ids: Iterable[str]) -> None:
        """Queue stopped, failed or lost runs again, from their latest complete checkpoints: all of them, or none.

        Raises:
            ConflictError: if a run is in another state or was deleted, or a process still holds it.
        """
        with self._lock:
            runs = [self._store.runs.get(id) for id in ids]
            for run in runs:
                self._require_resumable(run)
            with self._store.database.write():
                moved = [
                    self._store.runs.move(run, RunState.QUEUED, _RESUMED, time.time(), resume=True, launches=0)
                    for run in runs
                ]
            for run, now in zip(runs, moved, strict=True):
                self._tell_move(run, now, _RESUMED)
        self.wake()

    def _require_resumable(self, run: RunRow) -> None:
        if run.state not in RESUMABLE:
            raise ConflictError(f"A {run.state} run cannot be resumed.", hint="Only ended, unfinished runs can.")
        if self._executor.is_alive(self.folder(run)):
            raise ConflictError(
                "A process of this run still lives.", hint="Wait until it has ended, then resume.", code="alive"
            )

    def queue_changed(self) -> None:
        """Somebody else has withdrawn waiting runs."""
        self._listener.queue_changed()
        self.wake()

    def stop_stage(self, id: str) -> StopStage | None:
        """How far the stop of a run is; None if it is not being stopped. After a restart the time begins anew."""
        watch = self._watches.get(id)
        if watch is None or watch.state is not RunState.STOPPING:
            return None
        seconds = self._clock() - watch.since
        match watch.forced:
            case "kill":
                return StopStage("killed", 0.0)
            case "term":
                return StopStage("told", max(0.0, KILL_SECONDS - seconds))
            case _:
                return StopStage("asked", max(0.0, TERM_SECONDS - seconds))

    def order(self, ids: Iterable[str]) -> None:
        """Put waiting runs into another order."""
        with self._lock:
            self._store.runs.order(list(ids))
        self._listener.queue_changed()
        self.wake()

    def tick(self) -> bool:
        """One round; says whether anything is active."""
        with self._lock:
            active = self._store.runs.in_states(ACTIVE)
            workers = [self._observe(run) for run in active]
            queue = self._store.runs.queue()
            waiting = [Waiting(run.id, run.kind, run.devices, run.gpus_a_run) for run in queue]
            actions = decide(waiting, self._slots(), [worker for _, worker in workers], self._hang_seconds)
            runs = {run.id: run for run, _ in workers}
            started = {action.id for action in actions if isinstance(action, Launch)}
            self._act(actions, runs, {run.id: run.queued_reason for run in queue})
            known = runs.keys() | started
            self._watches = {id: watch for id, watch in self._watches.items() if id in known}
            self._listener.ticked()
            for run in active:
                bound_log(self.folder(run).log)
            self._look_for_orphans()
        return bool(active) or any(isinstance(action, Launch) for action in actions)

    def _look_for_orphans(self) -> None:
        now = self._clock()
        if now >= self._orphans_due:
            self._orphans_due = now + ORPHAN_SECONDS
            end_orphans(self._home, self._store)

    def _loop(self) -> None:
        while not self._is_stopping:
            self._wake.clear()
            try:
                is_busy = self.tick()
            except StudioError as error:
                logger.warning("A round of the scheduler failed (%s); the next one follows.", error.message)
                is_busy = False
            except Exception:
                logger.exception("A round of the scheduler failed; the next one follows.")
                is_busy = False
            self._wake.wait(BUSY_PAUSE_SECONDS if is_busy else IDLE_PAUSE_SECONDS)

    def _observe(self, run: RunRow) -> tuple[RunRow, Working]:
        """First whether it lives, then what it wrote: in this order nothing it wrote can be missed."""
        folder = self.folder(run)
        watch = self._watch(run)
        exit_code = self._executor.exit_code(folder)
        is_alive = self._executor.is_alive(folder) if self._may_ask(run, watch, exit_code) else None
        try:
            run, events, is_more = self._project(run, folder)
        except OSError as error:
            logger.warning("The log of run %s cannot be read: %s.", run.id, error)
            events, is_more = 0, True
        if is_more:
            is_alive = None  # before everything it wrote is known, nothing is decided about its end; the others go on
        now = self._clock()
        _listen(watch, events, now)
        if run.reported in ("finished", "failed", "stopped") and watch.reported_since is None:
            watch.reported_since = now
        if is_alive is False:
            watch.gone_since = now if watch.gone_since is None else watch.gone_since
        else:
            watch.gone_since = None
        return run, Working(
            id=run.id,
            kind=run.kind,
            state=run.state,
            seconds=now - watch.since,
            is_alive=is_alive,
            reported=run.reported,
            reported_seconds=0.0 if watch.reported_since is None else now - watch.reported_since,
            devices=tuple(run.devices),
            launches=run.launches,
            exit_code=exit_code,
            is_inherited=watch.is_inherited,
            forced=watch.forced,
            remaining=self._executor.remaining(folder) if is_alive is False else 0,
            gone_seconds=0.0 if watch.gone_since is None else now - watch.gone_since,
            silent_seconds=watch.silent_seconds,
            is_memory_short=is_alive is False and memory_kills() > watch.memory_kills,
            where=_where(run),
        )

    def _project(self, run: RunRow, folder: RunFolder) -> tuple[RunRow, int, bool]:
        """The run with what it wrote, how many events that was, and whether there is more.

        A run that writes faster than can be taken over must not hold up the others.
        """
        count = 0
        for _ in range(MAX_BATCHES):
            projection = self._store.projector.project(run, folder.events)
            count += projection.events
            if projection.events:
                run = self._store.runs.get(run.id)
                self._listener.projected(run, projection)
            if not projection.is_more:
                return run, count, False
        return run, count, True

    def _may_ask(self, run: RunRow, watch: _Watch, exit_code: int | None) -> bool:
        """Asking takes the lock for a moment, which must not be the moment the worker takes it."""
        return (
            run.reported is not None
            or exit_code is not None
            or watch.forced is not None
            or self._clock() - watch.since > 10.0
            or self.folder(run).process.exists()
        )

    def _watch(self, run: RunRow) -> _Watch:
        watch = self._watches.get(run.id)
        if watch is None or watch.state is not run.state or watch.fence != run.fence:
            is_inherited = watch is None
            watch = _Watch(run.state, run.fence, self._clock(), is_inherited)
            self._watches[run.id] = watch
        return watch

    def _act(self, actions: Iterable[Action], runs: dict[str, RunRow], told: dict[str, str | None]) -> None:
        """Carry out what was decided; `told` are the reasons that waiting runs were given before."""
        reasons: dict[str, str] = {}
        for action in actions:
            try:
                match action:
                    case Launch():
                        self._launch(self._store.runs.get(action.id), action.devices)
                    case Hold():
                        if told[action.id] != action.reason:
                            reasons[action.id] = action.reason
                    case Move():
                        self._follow(runs[action.id], action)
                    case Signal():
                        logger.info("Run %s: its worker is sent %s.", action.id, action.force)
                        self._executor.signal(self.folder(runs[action.id]), action.force)
                        self._watches[action.id].forced = action.force
                        self._listener.moved(runs[action.id])
                    case Sweep():
                        self._executor.sweep(self.folder(runs[action.id]))
                    case _:
                        assert_never(action)
            except StaleRunError:
                logger.info("Run %s moved on while it was decided about.", action.id)
        if reasons and self._store.runs.give_reasons(reasons):
            self._listener.queue_changed()

    def _follow(self, run: RunRow, action: Move) -> None:
        if action.state is RunState.QUEUED:
            self._move(run, RunState.QUEUED, action.reason)
            return
        changes: dict[str, object] = {"devices": []}
        if action.state is RunState.RUNNING:
            changes = {"launches": 0}
        elif action.code:
            # Should a worker of this start still come, it stops at once.
            with suppress(OSError):
                self.folder(run).stop.touch()
            changes["error"] = {
                "code": action.code,
                "message": f"{action.reason[0].upper()}{action.reason[1:]}.",
                "hint": action.hint,
                "setting": action.setting,
            }
        self._move(run, action.state, action.reason, **changes)

    def _launch(self, run: RunRow, devices: tuple[int, ...]) -> None:
        """Take the run in the database first, then start its worker, so that a crash in between never starts two."""
        run = self._move(
            run, RunState.STARTING, "a place became free", devices=list(devices), launches=run.launches + 1
        )
        self._watches[run.id] = _Watch(run.state, run.fence, self._clock(), is_inherited=False)
        failpoint("after_cas")
        spec = self._spec(run, devices)
        try:
            folder = RunFolder.create(self._home.worker_folder(run.kind, run.id))
            folder.stop.unlink(missing_ok=True)
            folder.process.unlink(missing_ok=True)
            spec.write(folder.path)
            self._hand_over(run, folder)
            self._executor.launch(folder, spec)
        except (OSError, StudioError) as error:
            logger.exception("Run %s could not be started.", run.id)
            self._move(run, RunState.FAILED, "the worker could not be started", error=_start_error(error), devices=[])
        failpoint("after_spawn")

    def _hand_over(self, run: RunRow, folder: RunFolder) -> None:
        """Secrets go to the worker in a private file that it deletes as it reads it; not by argument or environment."""
        folder.secrets.unlink(missing_ok=True)
        values = self._secrets(run.experiment_id) if run.experiment_id else {}
        if values:
            write_json(folder.secrets, dict(values), durable=False)
            folder.secrets.chmod(0o600)

    def _spec(self, run: RunRow, devices: tuple[int, ...]) -> RunSpec:
        cores = usable_cores()
        match run.kind:
            case WorkerKind.TRAIN:
                threads = max(1, cores // max(1, self._slots().cpu_runs))
            case _:
                threads = max(1, cores // 2)
        others = [one for one in self._store.runs.in_states(ACTIVE) if one.id != run.id]
        trainings = sum(one.kind is WorkerKind.TRAIN for one in others) if devices else 0
        threads = threads_beside(threads, cores, trainings, foreign_cores(len(others) * threads))
        return run.spec.model_copy(
            update={
                "attempt": run.attempt,
                "fence": run.fence,
                "devices": devices,
                "threads": threads,
                "resume": run.resume or run.attempt > 1,
            }
        )

    def _move(self, run: RunRow, state: RunState, reason: str, **changes: object) -> RunRow:
        moved = self._store.runs.move(run, state, reason, time.time(), **changes)
        if state in ENDED:
            self.folder(run).secrets.unlink(missing_ok=True)
        self._tell_move(run, moved, reason)
        return moved

    def _tell_move(self, run: RunRow, moved: RunRow, reason: str) -> None:
        logger.info("Run %s: %s to %s (%s).", run.id, run.state, moved.state, reason)
        self._listener.moved(moved)
        self._listener.queue_changed()


def _listen(watch: _Watch, events: int, now: float) -> None:
    """Count how long a worker has been silent while this server was listening."""
    if events:
        watch.silent_seconds = 0.0
        if watch.forced == "dump":
            watch.forced = None  # it speaks again
    elif watch.looked is not None:
        watch.silent_seconds += min(now - watch.looked, MAX_LOOK_SECONDS)
    watch.looked = now


def _where(run: RunRow) -> str:
    """How far a run was, in words."""
    phase = (run.phase or {}).get("name", "")
    parts = [f"step {run.step:,} of epoch {run.epoch:.2f}" if run.step else "", f"while {phase}" if phase else ""]
    return ", ".join(filter(None, parts))


def _start_error(error: OSError | StudioError) -> dict[str, str]:
    """Why a worker could not be started, for a person."""
    if isinstance(error, StudioError):
        return {"code": "no_start", "message": error.message, "hint": error.hint, "setting": ""}
    hint = "Look at the server's log."
    if error.errno == errno.EAGAIN:
        hint = "The limit of processes of your account is reached. End other programs or raise it, then resume."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Delete experiments or datasets that are no longer needed, then resume."
    elif error.errno in (errno.ENOMEM, errno.EMFILE, errno.ENFILE):
        hint = "End other programs, then resume."
    message = f"Cannot start a process for this run: {error.strerror or error}."
    return {"code": "no_start", "message": message, "hint": hint, "setting": ""}
