"""Scheduler: observe, decide, act, again and again. The only writer of run states."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import assert_never

from studio.errors import ConflictError, NotFoundError, PathError, StudioError
from studio.failpoints import failpoint
from studio.isolation import is_done_without
from studio.runs.folder import RunFolder
from studio.runs.hang_timeout import HANG_SECONDS
from studio.runs.state import ACTIVE, ENDED, RESUMABLE, RunState
from studio.scheduling.decide import (
    Action,
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
from studio.scheduling.executors.executor import Executor
from studio.scheduling.exit_reasons import memory_kills
from studio.scheduling.orphans import end_orphans
from studio.scheduling.starting import Starter, start_error
from studio.scheduling.watching import Listener, StopStage, Watch, listen, stop_stage, where
from studio.scheduling.worker_log import bound_log
from studio.store.database import BUSY_SECONDS, BusyError
from studio.store.home import Home
from studio.store.runs import RunRow, StaleRunError
from studio.store.store import Store

logger = logging.getLogger(__name__)
BUSY_PAUSE_SECONDS = 0.25
IDLE_PAUSE_SECONDS = 2.0
MAX_BATCHES = 3
"""Of a run's events in one round."""
ORPHAN_SECONDS = 10.0
"""Between two looks for workers whose run has no row."""
_RESUMED = "resumed by the user"


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
        self._starter = Starter(home, store, executor, slots, secrets)
        self._listener = listener
        self._clock = clock
        self._hang_seconds = hang_seconds
        self._watches: dict[str, Watch] = {}
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

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Between two rounds; a request that would have to wait for long is told to come again.

        Raises:
            BusyError: if a round goes on for too long.
        """
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise BusyError("The server is busy with its workers.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._lock.release()

    def folder(self, run: RunRow) -> RunFolder:
        """A run's folder."""
        return RunFolder(self._home.worker_folder(run.kind, run.id))

    def stop_run(self, id: str) -> None:
        """Ask a run to stop after its present step; a waiting one ends at once, an ended one stays as it is."""
        with self._in_time():
            run = self._store.runs.get(id)
            if run.state is RunState.QUEUED:
                self._move(run, RunState.STOPPED, "stopped by the user before it began")
            elif run.state in (RunState.STARTING, RunState.RUNNING):
                self.folder(run).stop.touch()
                # Before the move is told, so that what is told of it has its deadline.
                self._watches[id] = Watch(RunState.STOPPING, run.fence, self._clock(), is_inherited=False)
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
        with self._in_time():
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
                "A process of this run is still alive.", hint="Wait until it has ended, then resume.", code="alive"
            )

    def queue_changed(self) -> None:
        """Somebody else has withdrawn waiting runs."""
        self._tell(self._listener.queue_changed)
        self.wake()

    def stop_stage(self, id: str) -> StopStage | None:
        """How far the stop of a run is; None if it is not being stopped. After a restart the time begins anew."""
        watch = self._watches.get(id)
        return None if watch is None else stop_stage(watch, self._clock())

    def order(self, ids: Iterable[str]) -> None:
        """Put waiting runs into another order."""
        with self._in_time():
            self._store.runs.order(list(ids))
        self._tell(self._listener.queue_changed)
        self.wake()

    def tick(self) -> bool:
        """One round; says whether anything is active."""
        with self._lock:
            active = self._store.runs.in_states(ACTIVE)
            workers = [seen for run in active if (seen := self._observe_alone(run)) is not None]
            queue = self._store.runs.queue()
            waiting = [Waiting(run.id, run.kind, run.devices, run.gpus_a_run) for run in queue]
            actions = decide(waiting, self._slots(), [worker for _, worker in workers], self._hang_seconds)
            runs = {run.id: run for run, _ in workers}
            started = {action.id for action in actions if isinstance(action, Launch)}
            self._act(actions, runs, {run.id: run.queued_reason for run in queue})
            known = runs.keys() | started
            self._watches = {id: watch for id, watch in self._watches.items() if id in known}
            self._tell(self._listener.ticked)
            for run, _ in workers:
                is_done_without(f"bounding the log of run {run.id}", partial(bound_log, self.folder(run).log))
            is_done_without("looking for workers without a run", self._look_for_orphans)
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

    def _observe_alone(self, run: RunRow) -> tuple[RunRow, Working] | None:
        """A run that cannot even be looked at is failed with the cause; the others are looked at all the same."""
        try:
            return self._observe(run)
        except BusyError:
            raise  # the next one would only wait as long
        except Exception as error:
            logger.exception("Run %.80r cannot be looked at.", run.id)
            message = error.message if isinstance(error, StudioError) else f"unexpected {type(error).__name__}"
            told = {"code": "damaged_run", "message": f"This run cannot be processed: {message}", "setting": ""}
            told["hint"] = "See the server's log; delete it, or restore a backup."
            is_done_without(
                f"failing run {run.id!r:.80}",
                lambda: self._move(run, RunState.FAILED, "it could not be processed", error=told, devices=[]),
            )
            return None

    def _observe(self, run: RunRow) -> tuple[RunRow, Working]:
        """First whether it lives, then what it wrote: in this order nothing it wrote can be missed."""
        folder = self.folder(run)
        watch = self._watch(run)
        exit_code = self._executor.exit_code(folder)
        is_alive = self._executor.is_alive(folder) if self._may_ask(run, watch, exit_code) else None
        events, is_more = 0, False
        try:
            if not watch.damage:
                run, events, is_more = self._project(run, folder)
        except BusyError:
            raise
        except (OSError, StudioError) as error:
            logger.warning("The log of run %s cannot be read: %s.", run.id, error)
            is_more = True
        except Exception as error:
            logger.exception("The log of run %s cannot be taken over.", run.id)
            watch.damage = f"what its worker wrote cannot be taken over ({type(error).__name__})"
        if is_more:
            is_alive = None  # before everything it wrote is known, nothing is decided about its end; the others go on
        now = self._clock()
        listen(watch, events, now)
        if run.reported in ("finished", "failed", "stopped") and watch.reported_since is None:
            watch.reported_since = now
        watch.gone_since = (watch.gone_since or now) if is_alive is False else None
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
            where=where(run),
            damage=watch.damage,
            is_folder_gone=not folder.path.is_dir(),
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
                self._tell(self._listener.projected, run, projection)
            if not projection.is_more:
                return run, count, False
        return run, count, True

    def _may_ask(self, run: RunRow, watch: Watch, exit_code: int | None) -> bool:
        """Asking takes the lock for a moment, which must not be the moment the worker takes it."""
        return (
            run.reported is not None
            or bool(watch.damage)
            or exit_code is not None
            or watch.forced is not None
            or self._clock() - watch.since > 10.0
            or self.folder(run).process.exists()
        )

    def _watch(self, run: RunRow) -> Watch:
        watch = self._watches.get(run.id)
        if watch is None or watch.state is not run.state or watch.fence != run.fence:
            is_inherited = watch is None
            damage = watch.damage if watch is not None and watch.fence == run.fence else run.damage
            watch = Watch(run.state, run.fence, self._clock(), is_inherited, damage=damage)
            self._watches[run.id] = watch
        return watch

    def _act(self, actions: Iterable[Action], runs: dict[str, RunRow], told: dict[str, str | None]) -> None:
        """Carry out what was decided; `told` are the reasons that waiting runs were given before."""
        reasons: dict[str, str] = {}
        for action in actions:
            try:
                if isinstance(action, Hold):
                    if told[action.id] != action.reason:
                        reasons[action.id] = action.reason
                else:
                    self._carry_out(action, runs)
            except (StaleRunError, NotFoundError):
                logger.info("Run %s moved on while it was decided about.", action.id)
            except BusyError:
                raise
            except StudioError as error:
                logger.warning("Run %s: %s is tried again (%s).", action.id, type(action).__name__, error.message)
            except Exception:
                logger.exception("Run %s: %s failed.", action.id, type(action).__name__)
        if reasons and self._store.runs.give_reasons(reasons):
            self._tell(self._listener.queue_changed)

    def _carry_out(self, action: Launch | Move | Signal | Sweep, runs: Mapping[str, RunRow]) -> None:
        match action:
            case Launch():
                self._launch(self._store.runs.get(action.id), action.devices)
            case Move():
                self._follow(runs[action.id], action)
            case Signal():
                logger.info("Run %s: its worker is sent %s.", action.id, action.force)
                self._executor.signal(self.folder(runs[action.id]), action.force)
                self._watches[action.id].forced = action.force
                self._tell(self._listener.moved, runs[action.id])
            case Sweep():
                self._executor.sweep(self.folder(runs[action.id]))
            case _:
                assert_never(action)

    def _tell(self, hear: Callable[..., None], *what: object) -> None:
        """A listener that fails hears no more of this, and stands in nobody's way."""
        is_done_without(f"telling what happened ({getattr(hear, '__name__', hear)})", lambda: hear(*what))

    def _follow(self, run: RunRow, action: Move) -> None:
        if action.state is RunState.QUEUED:
            self._move(run, RunState.QUEUED, action.reason)
            return
        changes: dict[str, object] = {"devices": []}
        if action.state is RunState.RUNNING:
            changes = {"launches": 0}
        elif action.code:
            # Should a worker of this start still come, it stops at once.
            with suppress(OSError, PathError):
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
        run = self._move(run, RunState.STARTING, "a slot became free", devices=list(devices), launches=run.launches + 1)
        self._watches[run.id] = Watch(run.state, run.fence, self._clock(), is_inherited=False)
        failpoint("after_cas")
        try:
            self._starter.start(run, devices)
        except Exception as error:
            logger.exception("Run %s could not be started.", run.id)
            reason = "the worker could not be started"
            self._move(run, RunState.FAILED, reason, error=start_error(error), devices=[])
        failpoint("after_spawn")

    def _move(self, run: RunRow, state: RunState, reason: str, **changes: object) -> RunRow:
        moved = self._store.runs.move(run, state, reason, time.time(), **changes)
        if state in ENDED:
            with suppress(OSError, PathError):
                self.folder(run).secrets.unlink(missing_ok=True)
        self._tell_move(run, moved, reason)
        return moved

    def _tell_move(self, run: RunRow, moved: RunRow, reason: str) -> None:
        logger.info("Run %s: %s to %s (%s).", run.id, run.state, moved.state, reason)
        self._tell(self._listener.moved, moved)
        self._tell(self._listener.queue_changed)
