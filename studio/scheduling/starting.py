"""Starter: the folder, order and secrets of a worker that is about to be started; and why one could not be."""

import errno
from collections.abc import Callable, Mapping

from studio.errors import StudioError
from studio.files import write_json
from studio.machine import usable_cores
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ACTIVE
from studio.scheduling.decide import Slots
from studio.scheduling.executors.executor import Executor
from studio.scheduling.free_cores import foreign_cores, threads_beside
from studio.store.foreign_names import foreign_paths
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store


class OrderError(StudioError):
    """The order of a run names something that is not its own."""

    code = "order"


class Starter:
    """Prepares what a worker finds, then has it started."""

    def __init__(
        self,
        home: Home,
        store: Store,
        executor: Executor,
        slots: Callable[[], Slots],
        secrets: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._home = home
        self._store = store
        self._executor = executor
        self._slots = slots
        self._secrets = secrets

    def start(self, run: RunRow, devices: tuple[int, ...]) -> None:
        """Start the worker of a run that was taken in the database.

        Raises:
            OrderError: if its order cannot be read, or leads out of the home.
            StudioError, OSError: if it cannot be started.
        """
        if run.damage:
            raise OrderError(run.damage, hint="Delete it, or restore a backup.", code="damaged_row")
        spec = self._spec(run, devices)
        foreign = foreign_paths(self._home, run.kind, run.id, spec)
        if foreign:
            raise OrderError(
                f"The order of this run names something outside of the home: {'; '.join(foreign)}.",
                hint="The database was changed by something else. Start a new experiment.",
            )
        folder = RunFolder.create(self._home.worker_folder(run.kind, run.id))
        folder.stop.unlink(missing_ok=True)
        folder.process.unlink(missing_ok=True)
        spec.write(folder.path)
        self._hand_over(run, folder)
        self._executor.launch(folder, spec)

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


def start_error(error: Exception) -> dict[str, str]:
    """Why a worker could not be started, for a person."""
    if isinstance(error, StudioError):
        code = error.code if isinstance(error, OrderError) else "no_start"
        return {"code": code, "message": error.message, "hint": error.hint, "setting": ""}
    hint = "See the server's log."
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EAGAIN:
        hint = "The limit of processes of your account is reached. Close other programs or raise it, then resume."
    elif number in (errno.ENOSPC, errno.EDQUOT):
        hint = "Delete experiments or datasets that are no longer needed, then resume."
    elif number in (errno.ENOMEM, errno.EMFILE, errno.ENFILE):
        hint = "Close other programs, then resume."
    why = (error.strerror or str(error)) if isinstance(error, OSError) else f"an unexpected {type(error).__name__}"
    return {
        "code": "no_start",
        "message": f"Cannot start a process for this run: {why}.",
        "hint": hint,
        "setting": "",
    }
