"""Imports: data is looked at in a child process with limits; nothing of a user's file is parsed in the server."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from studio.datasets.dataset import preview_name
from studio.datasets.uploads.rejections import found_and_expected
from studio.errors import ConflictError, PathError, StudioError
from studio.files import (
    descriptor_path,
    private_folder,
    read_json,
    remove,
    resolve_inside,
    write_json,
)
from studio.importing.scan_end import ended_error
from studio.importing.scan_result import CHECK_FILE, TABLE_ROLES
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ENDED, RunState
from studio.server.recovery import for_each
from studio.server.schemas.datasets import Dataset
from studio.server.schemas.errors import ErrorDetail
from studio.server.schemas.imports import Choices, Import
from studio.server.services.datasets import Datasets
from studio.server.services.import_sources import ImportSources
from studio.server.services.importing.refused_kinds import refuse_kind
from studio.server.services.importing.scanners import Scanner, Scanners
from studio.server.services.importing.uploads import Uploads
from studio.server.services.shown_files import MediaSize, shown_file
from studio.store.datasets import DatasetRow
from studio.store.drafts import ImportRow
from studio.store.home import Home
from studio.store.ids import new_id
from studio.store.runs import RunRow
from studio.store.store import Store

logger = logging.getLogger(__name__)
SCAN_SECONDS = 600.0
KEPT_SECONDS = 24 * 3600.0


class Imports:
    """Data that is being looked at."""

    def __init__(self, home: Home, store: Store, uploads: Uploads, datasets: Datasets, roots: tuple[Path, ...]) -> None:
        self._home = home
        self._store = store
        self._uploads = uploads
        self._datasets = datasets
        self._sources = ImportSources(home, roots)
        self._scanners = Scanners()

    @property
    def roots(self) -> list[Path]:
        """What may be imported from by path."""
        return self._sources.roots

    def allow(self, root: Path) -> None:
        """Let the contents of one more folder, or one more file, be imported by path."""
        self._sources.allow(root)

    def prepare(self) -> None:
        """Have a process ready for the next data: importing its libraries takes longer than reading a small table."""
        self._scanners.prepare()

    def create(self, *, upload_id: str | None, path: str | None, is_checked: bool = False) -> Import:
        """Begin to look at an upload or a path, and if asked to check every row and file after that.

        Raises:
            PathError: if the path is outside the roots.
            ArchiveError: if the file is of a kind that is not read.
        """
        if (upload_id is None) == (path is None):
            raise StudioError("Name either an upload or a path.", hint="Send upload_id or path.", code="source")
        if upload_id is not None:
            source = self._uploads.path(upload_id)
            name = self._store.uploads.get(upload_id).name
            kind = "upload"
        else:
            source = self._sources.inside(path or "")
            name, kind = source.name, "path"
        opened = self._sources.open(str(source))
        try:
            judged = descriptor_path(opened)
            if judged.is_file():
                refuse_kind(judged, name)
            return self.begin(source, name, kind, upload_id, opened=opened, is_checked=is_checked)
        finally:
            os.close(opened)

    def begin(
        self,
        source: Path,
        name: str,
        kind: str,
        upload_id: str | None = None,
        choices: Mapping[str, Any] | None = None,
        opened: int | None = None,
        is_checked: bool = False,
    ) -> Import:
        """Begin to look at a file or folder that was judged already, and opened if others may change its name."""
        row = ImportRow(
            id=new_id("imp"),
            state="scanning",
            source=name,
            source_path=str(source),
            upload_id=upload_id,
            root_kind=kind,
            created=time.time(),
            choices=dict(choices) if choices else None,
        )
        private_folder(self._home.import_folder(row.id))
        self._store.imports.insert(row)
        self._scan(row, opened, is_checked)
        return self.get(row.id)

    def get(self, id: str) -> Import:
        """What was found so far."""
        row = self._store.imports.get(id)
        try:
            return self._view(row)
        except (ValueError, TypeError, AttributeError, OSError) as error:
            logger.warning("What was found in import %s is damaged: %s", id, type(error).__name__)
            damage = {
                "code": "scan",
                "message": "The stored scan of this data is damaged.",
                "hint": "Upload the data again.",
            }
            return Import(
                id=id, state="failed", source=row.source, created=row.created, error=ErrorDetail.model_validate(damage)
            )

    def of_upload(self, upload_id: str) -> Import | None:
        """The look at an upload that has been read already; None if there is none."""
        ready = (row for row in self._store.imports.all() if row.upload_id == upload_id and row.state == "ready")
        found = next((row for row in ready if row.id not in self._in_use()), None)
        return None if found is None else self.get(found.id)

    def _view(self, row: ImportRow) -> Import:
        id = row.id
        found: dict[str, Any] = {}
        scan = self._home.import_folder(id) / "scan.json"
        if row.state != "scanning" and scan.is_file():
            found = read_json(scan)
        for one in found.get("preview", {}).get("rows", []):
            if isinstance(one.get("media"), str):
                one["media"] = {"path": one["media"]}
        fixed: dict[str, Any] = {"id": id, "state": row.state, "source": row.source, "created": row.created}
        fixed["check"] = self._whole_check(id) if row.state == "ready" else None
        fixed["error"] = dict(row.error) if row.error else None
        if row.choices and row.state != "ready":
            fixed["choices"] = dict(row.choices)
        return Import.model_validate({**found, **fixed})

    def _whole_check(self, id: str) -> Mapping[str, Any] | None:
        """What the check of every row and file has found; None where there is none."""
        path = self._home.import_folder(id) / CHECK_FILE
        # Asked in this order: it writes, and then it ends.
        is_at_work = self._scanners.is_at_work(id)
        if path.is_file():
            return dict(read_json(path))
        is_asked = _is_checked(self._home.import_folder(id))
        return {"state": "running"} if is_at_work and is_asked else None

    def check(self, id: str, choices: Choices) -> Import:
        """Look again, with other choices.

        Raises:
            ConflictError: while a look is going on, or a dataset is being made.
        """
        chosen = plain_choices(choices)
        with self._store.database.write():  # of two at once one is first
            if self._store.imports.get(id).state == "scanning":
                raise ConflictError("This data is still being read.", hint="Wait a moment.")
            self._require_unused(id)
            self._store.imports.change(id, state="scanning", choices=chosen, error=None)
        try:
            self._scan(self._store.imports.get(id))
        except StudioError as error:  # the source is gone, or may not be read any more
            self._store.imports.change(id, state="failed", error=_told(error))
        return self.get(id)

    def finish(self, id: str, name: str, choices: Choices, *, example_of: str = "") -> Dataset:
        """Order the inspection that makes the dataset.

        Raises:
            ConflictError: if the name is taken, the data is not ready, or a dataset is being made of it already.
            FindingsError: if the choices are not complete.
        """
        row = self._ready(id)
        self._clear_failed(name)
        dataset_id = new_id("data")
        spec = self.order(row, dataset_id, name, plain_choices(choices), example_of)
        dataset = DatasetRow(
            id=dataset_id,
            name=name,
            problem_type=spec.problem_type,
            state="inspecting",
            created=time.time(),
            source=row.source,
            example_of=example_of,
        )
        try:
            with self._store.database.write():
                self._ready(id)  # still, and nobody else makes a dataset of it
                self._store.datasets.insert(dataset)
                self.enqueue(spec, dataset_id)
        except StudioError:
            shutil.rmtree(self._home.worker_folder(WorkerKind.INSPECT, dataset_id), ignore_errors=True)
            raise
        self._scanners.end(id)
        return self._datasets.announce(dataset_id)

    def _ready(self, id: str) -> ImportRow:
        row = self._store.imports.get(id)
        if row.state != "ready":
            raise ConflictError(f"This import is {row.state}.", hint="Only data that has been read can be imported.")
        self._require_unused(id)
        return row

    def _require_unused(self, id: str) -> None:
        if id in self._in_use():
            raise ConflictError(
                "This data is being imported.", hint="Wait until it is ready, or delete it.", code="in_use"
            )

    def _in_use(self) -> set[str]:
        """Ids of imports that datasets are being made of."""
        unended = [state for state in RunState if state not in ENDED]
        return {self._import_of(run.spec) for run in self._store.runs.in_states(unended, WorkerKind.INSPECT)}

    def _clear_failed(self, name: str) -> None:
        """A dataset that never came to be does not keep its name."""
        for dataset in self._store.datasets.all():
            if dataset.name == name and dataset.state == "failed":
                self._datasets.delete(dataset.id)

    def order(self, row: ImportRow, dataset_id: str, name: str, choices: Mapping[str, Any], example_of: str) -> RunSpec:
        """Write the order of an inspection.

        Raises:
            FindingsError: if the choices are not complete.
        """
        from studio.importing.inspection_order import order_inspection

        folder = RunFolder.create(self._home.worker_folder(WorkerKind.INSPECT, dataset_id))
        try:
            return order_inspection(
                self._home.import_folder(row.id),
                folder.path,
                self._home.dataset(dataset_id),
                name,
                choices,
                source=row.source,
                example_of=example_of,
            )
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise

    def enqueue(self, spec: RunSpec, dataset_id: str) -> None:
        """Queue an ordered inspection; its run has the id of its dataset.

        Raises:
            NotFoundError: if the dataset was deleted meanwhile.
        """
        spec = spec.model_copy(update={"run_id": dataset_id})
        with self._store.database.write():
            self._store.datasets.get(dataset_id)
            self._store.runs.insert(RunRow(id=dataset_id, kind=WorkerKind.INSPECT, spec=spec, created=time.time()))

    def delete(self, id: str) -> None:
        """Forget the data.

        Raises:
            ConflictError: while a dataset is being made of it.
        """
        with self._store.database.write():
            row = self._store.imports.get(id)
            self._require_unused(id)
            self._store.imports.delete(id)
        self._scanners.end(id)
        with suppress(PathError):  # what is no id of ours has no folder
            shutil.rmtree(self._home.import_folder(id), ignore_errors=True)
        if row.upload_id is not None:
            self._store.uploads.delete(row.upload_id)
            with suppress(PathError):
                remove(self._home.upload(row.upload_id))

    def settle(self, run: RunRow) -> None:
        """Forget data that has become a dataset; of a failed inspection it is kept for another try."""
        id = self._import_of(run.spec)
        if run.state is RunState.FINISHED and any(row.id == id for row in self._store.imports.all()):
            with suppress(ConflictError):  # another dataset is being made of it
                self.delete(id)

    def media(self, id: str, path: str, size: MediaSize) -> Path:
        """A file of the preview, or a picture of it."""
        self._store.imports.get(id)
        folder = self._home.import_folder(id)
        return shown_file(resolve_inside(folder / "files", path), folder / "previews" / preview_name(path), size)

    def recover(self) -> None:
        """After a start: look again where a look was cut off, forget what is old."""
        in_use = self._in_use()
        old = time.time() - KEPT_SECONDS
        drafts = self._store.imports.all()
        scanning = [row for row in drafts if row.state == "scanning"]
        forgotten = [row.id for row in drafts if row.state != "scanning" and row.created < old and row.id not in in_use]
        for_each("import", scanning, self._scan, self._fail)
        for_each("import", forgotten, self.delete, lambda id, _: self._store.imports.delete(id))

    def _fail(self, row: ImportRow, error: Mapping[str, Any]) -> None:
        self._store.imports.change(row.id, state="failed", error=dict(error))

    def wait(self, id: str, timeout_seconds: float = SCAN_SECONDS) -> Import:
        """Wait until the look is over."""
        deadline = time.monotonic() + timeout_seconds
        while self._store.imports.get(id).state == "scanning" and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.get(id)

    def close(self) -> None:
        """End looks that go on; the next start looks again."""
        self._scanners.close()

    def _import_of(self, spec: RunSpec) -> str:
        return "" if spec.inspect is None else Path(spec.inspect.files).parent.name

    def _scan(self, row: ImportRow, opened: int | None = None, is_checked: bool | None = None) -> None:
        """Start a look. The source is opened here if it was not before; one that was unpacked is not needed again."""
        folder = self._home.import_folder(row.id)
        self._scanners.end(row.id)
        request = {
            "source": row.source_path,
            "source_name": row.source,
            "choices": row.choices,
            "is_checked": _is_checked(folder) if is_checked is None else is_checked,
        }
        write_json(folder / "request.json", request)
        for name in ("scan.json", CHECK_FILE):
            (folder / name).unlink(missing_ok=True)
        if opened is not None or (folder / "files").is_dir():
            self._start(row, folder, opened)
            return
        opened = self._sources.open(row.source_path)
        try:
            self._start(row, folder, opened)
        finally:
            os.close(opened)

    def _start(self, row: ImportRow, folder: Path, opened: int | None) -> None:
        scanner = self._scanners.start(row.id, folder, opened)
        threading.Thread(target=self._await, args=(row.id, scanner), name=f"scan {row.id}", daemon=True).start()
        if _is_checked(folder):  # somebody is at the page, and may choose otherwise
            self._scanners.prepare()

    def _await(self, id: str, scanner: Scanner) -> None:
        code = scanner.wait(SCAN_SECONDS)
        if self._scanners.is_latest(id, scanner):
            self._store.imports.change(id, **self._outcome(id, code))
        scanner.close(SCAN_SECONDS)

    def _outcome(self, id: str, code: int | None) -> dict[str, Any]:
        scan = self._home.import_folder(id) / "scan.json"
        if scan.is_file():
            found = read_json(scan)
            return {"state": found.get("state", "ready"), "error": found.get("error")}
        return {"state": "failed", "error": ended_error(code, SCAN_SECONDS)}


def _is_checked(folder: Path) -> bool:
    """Whether the last look at an import was asked to check every row and file."""
    request = folder / "request.json"
    return request.is_file() and bool(read_json(request).get("is_checked"))


def plain_choices(choices: Choices) -> dict[str, Any]:
    """Choices without what was left open. A table of None is a decision; other empty values are none."""
    given = choices.model_dump(mode="json", exclude_unset=True)
    return {key: value for key, value in given.items() if value is not None or key in TABLE_ROLES}


def _told(error: StudioError) -> dict[str, Any]:
    found, expected = found_and_expected(error)
    return {"code": error.code, "message": error.message, "hint": error.hint, "found": found, "expected": expected}
