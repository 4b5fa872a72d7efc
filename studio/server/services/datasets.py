"""Datasets: made by inspect workers, immutable, looked at page by page."""

import logging
import shutil
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from studio.datasets.dataset import Dataset as DatasetFiles
from studio.errors import ConflictError, PathError, in_quotes
from studio.files import resolve_file
from studio.runs.spec import WorkerKind
from studio.runs.state import ACTIVE, ENDED, RunState
from studio.scheduling.hub import Hub
from studio.scheduling.scheduler import Scheduler
from studio.server.recovery import for_each
from studio.server.schemas.datasets import Dataset, SamplePage, UsedBy
from studio.server.schemas.stream import GoneMessage
from studio.server.services.dataset_views import DatasetViews
from studio.server.services.shown_files import MediaSize, shown_file
from studio.server.services.viewing.table_samples import TableQuery, read_table_samples
from studio.store.datasets import DatasetRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

logger = logging.getLogger(__name__)
MAX_SAMPLES = 200


class InUseError(ConflictError):
    """Experiments still need it."""

    code = "in_use"

    def __init__(self, message: str, names: list[str]) -> None:
        super().__init__(message, hint=f"Delete first: {', '.join(names[:10])}.")
        self.names = names


class Datasets(DatasetViews):
    """What was imported, and what becomes of it."""

    def __init__(self, home: Home, store: Store, hub: Hub) -> None:
        super().__init__(home, store)
        self._hub = hub
        self.scheduler: Scheduler | None = None

    def rename(self, id_or_name: str, name: str) -> Dataset:
        """Give it another name."""
        row = self._store.datasets.get(id_or_name)
        self._store.datasets.rename(row.id, name)
        return self.announce(row.id)

    def delete(self, id_or_name: str) -> None:
        """Delete a dataset that no experiment and no unfinished prediction uses, with its files.

        Raises:
            InUseError: naming them.
        """
        with self._store.database.write():  # nothing begins to use it, and it is not begun to be made, in between
            row = self._store.datasets.get(id_or_name)
            self._require_unused(row)
            run = self._store.runs.find(row.id)
            is_active = run is not None and run.state in ACTIVE
            if not is_active:
                self._store.runs.withdraw([run] if run is not None else [], time.time())
                self._store.datasets.soft_delete(row.id, time.time())
        if is_active:
            if self.scheduler is not None:
                self.scheduler.stop_run(row.id)
            raise ConflictError("This dataset is being inspected.", hint="It is being stopped; delete it afterwards.")
        self._remove(row.id)
        if self.scheduler is not None:
            self.scheduler.queue_changed()
        self._hub.publish({"datasets"}, "gone", GoneMessage(kind="dataset", id=row.id))

    def _require_unused(self, row: DatasetRow) -> None:
        users = self._store.experiments.of_dataset(row.id)
        if users:
            names = [user.name for user in users]
            raise InUseError(f"The dataset {in_quotes(row.name)} is used by {len(names)} experiments.", names)
        predicting = [one.name for one in self._store.predictions.active(dataset_id=row.id)]
        if predicting:
            raise InUseError(f"The dataset {in_quotes(row.name)} is being predicted.", predicting)

    def samples(
        self, id_or_name: str, table: str | None, offset: int, limit: int, label: str | None, text: str | None
    ) -> SamplePage:
        """Some samples of a table, optionally only those with a label or with a text in some cell."""
        dataset = self._open(id_or_name)
        return read_table_samples(dataset, TableQuery(table, offset, min(max(limit, 1), MAX_SAMPLES), label, text))

    def media(self, id_or_name: str, path: str, size: MediaSize) -> Path:
        """A media file, or a picture of it: if asked, or where browsers do not show the file itself."""
        row = self._store.datasets.get(id_or_name)
        dataset = DatasetFiles(self._home.dataset(row.id), row.manifest)  # type: ignore[arg-type]
        return shown_file(resolve_file(dataset.media, path), dataset.preview(path), size)

    def used_by(self, id_or_name: str) -> list[UsedBy]:
        """Experiments that use a dataset."""
        row = self._store.datasets.get(id_or_name)
        users = self._store.experiments.of_dataset(row.id)
        return [UsedBy(id=user.id, name=user.name, state=user.state) for user in users]

    def settle(self, run: RunRow) -> None:
        """Take over what an ended inspection left: a complete folder is a dataset, whatever the run's state says."""
        row = self._find(run.id)
        if row is None or row.state != "inspecting" or run.state not in ENDED:
            return
        if (self._home.dataset(row.id) / "dataset.json").is_file():
            try:
                self._complete(row)
            except Exception:
                logger.exception("The dataset %s cannot be opened.", row.id)
                damage = {"code": "dataset", "message": "The dataset cannot be opened.", "hint": "Import it again."}
                self._store.datasets.fail(row.id, damage)
        elif run.state is RunState.STOPPED:
            self._store.datasets.fail(row.id, {"code": "stopped", "message": "The import was stopped.", "hint": ""})
        else:
            error = run.error or {"code": "inspection", "message": "The inspection ended without a dataset."}
            self._store.datasets.fail(row.id, dict(error))
        self.announce(row.id)

    def recover(self) -> None:
        """After a start: finish what a crash cut off."""
        for_each(
            "dataset", self._store.datasets.soft_deleted(), self._remove, lambda id, _: self._store.datasets.delete(id)
        )
        unfinished = [row for row in self._store.datasets.all() if row.state == "inspecting"]
        for_each("dataset", unfinished, self._resume, lambda row, error: self._store.datasets.fail(row.id, error))

    def _resume(self, row: DatasetRow) -> None:
        run = self._store.runs.find(row.id)
        if run is not None:
            self.settle(run)
        else:
            error = {"code": "interrupted", "message": "The server ended before the import began.", "hint": ""}
            self._store.datasets.fail(row.id, {**error, "hint": "Import it again."})

    def announce(self, id: str) -> Dataset:
        """Tell listeners how a dataset is now."""
        view = self.get(id)
        self._hub.publish({"datasets"}, "dataset", view)
        if self.scheduler is not None:
            self.scheduler.wake()
        return view

    def _complete(self, row: DatasetRow) -> None:
        dataset = DatasetFiles.open(self._home.dataset(row.id))
        counts = Counter(finding.level.value for finding in dataset.findings())
        self._store.datasets.complete(row.id, dataset.manifest, counts)

    def _find(self, id: str) -> DatasetRow | None:
        return next((row for row in self._store.datasets.all() if row.id == id), None)

    def _remove(self, id: str) -> None:
        with suppress(PathError):  # what is no id of ours has no folder
            shutil.rmtree(self._home.dataset(id), ignore_errors=True)
            shutil.rmtree(self._home.worker_folder(WorkerKind.INSPECT, id), ignore_errors=True)
        self._store.runs.delete(id)
        self._store.datasets.delete(id)
