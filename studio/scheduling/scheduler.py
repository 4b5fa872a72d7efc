"""Scheduler: observe, decide, act, again and again. The only writer of run states."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, assert_never

from studio.errors import ConflictError, StudioError
from studio.failpoints import failpoint
from studio.files import write_json
from studio.machine import usable_cores
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ACTIVE, ENDED, RESUMABLE, RunState
from studio.scheduling.decide import Action, Force, Hold, Launch, Move, Signal, Slots, Waiting, Working, decide
from studio.scheduling.executors.executor import Executor
from studio.store.home import Home
from studio.store.projector import Projection
from studio.store.runs import RunRow, StaleRunError
from studio.store.store import Store

logger = logging.getLogger(__name__)
BUSY_PAUSE_SECONDS = 0.25
IDLE_PAUSE_SECONDS = 2.0


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
    forced: Force | None = None


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
    ) -> None:
        self._home = home
        self._store = store
        self._executor = executor
        self._slots = slots
        self._listener = listener
        self._clock = clock
        self._secrets = secrets
        self._watches: dict[str, _Watch] = {}
        self._started = clock()
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
                self._move(run, RunState.STOPPING, "the user asked it to stop")
        self.wake()

    def resume_run(self, id: str) -> None:
        """Queue a stopped, failed or lost run again, from its latest complete checkpoint.

        Raises:
            ConflictError: if the run is in another state, or a process still holds it.
        """
        with self._lock:
            run = self._store.runs.get(id)
            if run.state not in RESUMABLE:
                raise ConflictError(f"A {run.state} run cannot be resumed.", hint="Only ended, unfinished runs can.")
            if self._executor.is_alive(self.folder(run)):
                raise ConflictError(
                    "A process of this run still lives.", hint="Wait until it has ended, then resume.", code="alive"
                )
            self._move(run, RunState.QUEUED, "resumed by the user", resume=True, launches=0)
        self.wake()

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
            actions = decide(waiting, self._slots(), [worker for _, worker in workers])
            runs = {run.id: run for run, _ in workers}
            started = {action.id for action in actions if isinstance(action, Launch)}
            self._act(actions, runs, {run.id: run.queued_reason for run in queue})
            known = runs.keys() | started
            self._watches = {id: watch for id, watch in self._watches.items() if id in known}
            self._listener.ticked()
        return bool(active) or any(isinstance(action, Launch) for action in actions)

    def _loop(self) -> None:
        while not self._is_stopping:
            self._wake.clear()
            try:
                is_busy = self.tick()
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
        while True:
            projection = self._store.projector.project(run, folder.events)
            if projection.events:
                run = self._store.runs.get(run.id)
                self._listener.projected(run, projection)
            if not projection.is_more:
                break
        now = self._clock()
        if run.reported in ("finished", "failed", "stopped") and watch.reported_since is None:
            watch.reported_since = now
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
        )

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
                        self._executor.signal(self.folder(runs[action.id]), action.force)
                        self._watches[action.id].forced = action.force
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
        elif action.state is RunState.LOST:
            # Should a worker of this start still come, it stops at once.
            self.folder(run).stop.touch()
            changes["error"] = {
                "code": action.code,
                "message": f"{action.reason[0].upper()}{action.reason[1:]}.",
                "hint": "It may have run out of memory or been ended from outside. Resume it from its last checkpoint.",
                "setting": "",
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
        folder = RunFolder.create(self._home.worker_folder(run.kind, run.id))
        try:
            folder.stop.unlink(missing_ok=True)
            folder.process.unlink(missing_ok=True)
            spec.write(folder.path)
            self._hand_over(run, folder)
            self._executor.launch(folder, spec)
        except (OSError, StudioError) as error:
            logger.exception("Run %s could not be started.", run.id)
            message = error.message if isinstance(error, StudioError) else f"The worker could not be started: {error}."
            cause = {"code": "no_start", "message": message, "hint": "Look at the server's log.", "setting": ""}
            self._move(run, RunState.FAILED, "the worker could not be started", error=cause, devices=[])
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
        logger.info("Run %s: %s to %s (%s).", run.id, run.state, state, reason)
        self._listener.moved(moved)
        self._listener.queue_changed()
        return moved
