"""What takes room on the disk, and the clean-up of what nothing reads any more."""

from contextlib import suppress
from pathlib import Path

from studio.files import folder_size
from studio.runs.checkpoint_files import drop_optimizer, optimizer_files
from studio.runs.folder import RunFolder
from studio.runs.spec import WorkerKind
from studio.runs.state import RunState
from studio.server.schemas.experiments import NamedId
from studio.server.schemas.storage import CleanUp, ExperimentUse, StorageUse
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store


class Storage:
    """The home's room on the disk."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store

    def use(self) -> StorageUse:
        """What takes room, the largest experiments first, and what a clean-up would free."""
        experiments: dict[str, int] = {}
        for run in self._store.runs.in_states(RunState, WorkerKind.TRAIN):
            if run.experiment_id is not None:
                size = _size_of(self._folder(run).path)
                experiments[run.experiment_id] = experiments.get(run.experiment_id, 0) + size
        named = [
            ExperimentUse(experiment=NamedId(id=id, name=self._store.experiments.get(id).name), size_bytes=size)
            for id, size in sorted(experiments.items(), key=lambda one: -one[1])
        ]
        freeable = [[file.stat().st_size for file in self._optimizer_files(run)] for run in self._finished()]
        return StorageUse(
            total_bytes=_size_of(self._home.path),
            datasets_bytes=_size_of(self._home.path / "datasets"),
            experiments_bytes=sum(experiments.values()),
            predictions_bytes=_size_of(self._home.workers(WorkerKind.PREDICT)),
            experiments=named,
            freeable_bytes=sum(sum(sizes) for sizes in freeable),
            freeable_runs=sum(bool(sizes) for sizes in freeable),
        )

    def clean_up(self) -> CleanUp:
        """Drop the optimizer states of finished runs; runs that can be resumed keep theirs."""
        freed = files = runs = 0
        for run in self._finished():
            before = files
            for file in self._optimizer_files(run):
                with suppress(OSError, ValueError, KeyError, TypeError):  # a damaged checkpoint stays as it is
                    freed += drop_optimizer(file)
                    files += 1
            runs += files > before
        return CleanUp(freed_bytes=freed, files=files, runs=runs)

    def _finished(self) -> list[RunRow]:
        return self._store.runs.in_states([RunState.FINISHED], WorkerKind.TRAIN)

    def _optimizer_files(self, run: RunRow) -> list[Path]:
        return list(optimizer_files(self._folder(run).checkpoints))

    def _folder(self, run: RunRow) -> RunFolder:
        return RunFolder(self._home.worker_folder(WorkerKind.TRAIN, run.id))


def _size_of(folder: Path) -> int:
    """Bytes below a folder; what goes away meanwhile does not count."""
    with suppress(OSError):
        return folder_size(folder) if folder.is_dir() else 0
    return 0
