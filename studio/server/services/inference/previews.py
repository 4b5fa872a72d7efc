"""Previews: what settings make of real rows, shown before anything is trained. A worker makes them."""

import json
import shutil
import threading
import time
from pathlib import Path

from studio.errors import NotFoundError, StudioError
from studio.files import resolve_file
from studio.runs.events import Event, Failed, Finished, read_events
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.ad_hoc_workers import UnscheduledWorker
from studio.scheduling.executors.executor import Executor
from studio.server.schemas.catalogue import SettingsInput, SettingsPreview
from studio.server.services.planning import Planner, Prepared
from studio.settings.finding import Finding, SettingsError, blocking
from studio.settings.sections.augmentation import CUSTOM_INFERENCE, CUSTOM_TRAIN, STRATEGY
from studio.store.home import Home
from studio.store.ids import new_id

PREVIEW_SECONDS = 60.0
KEPT = 12


class PreviewError(StudioError):
    """The preview failed."""

    code = "preview"


class Previews:
    """Makes previews, one at a time, and keeps the last few for their pictures."""

    def __init__(
        self, home: Home, planner: Planner, executor: Executor, patience_seconds: float = PREVIEW_SECONDS
    ) -> None:
        self._home = home
        self._planner = planner
        self._executor = executor
        self._patience_seconds = patience_seconds
        self._turn = threading.Lock()

    def make(self, body: SettingsInput) -> SettingsPreview:
        """What these settings make of a few rows of their dataset.

        Raises:
            SettingsError: if the settings cannot be used, or a step of a pipeline does not work on the rows.
        """
        prepared = self._planner.prepare(body.problem_type, body.model_type, body.settings, {})
        findings = [
            one
            for one in prepared.findings
            if one.path in (CUSTOM_TRAIN, CUSTOM_INFERENCE) or one.path.startswith("dataset.")
        ]
        if prepared.settings is None or prepared.dataset is None or blocking(findings):
            raise SettingsError(prepared.findings)
        return self._made(prepared)

    def dry_run(self, prepared: Prepared) -> None:
        """Try a custom pipeline before a start; other strategies cannot fail.

        Raises:
            SettingsError: naming the step that does not work.
        """
        settings = prepared.settings
        if settings is None or STRATEGY not in settings.fields() or settings.value(STRATEGY) != "Custom":
            return
        self._made(prepared)

    def media(self, preview_id: str, path: str) -> Path:
        """One of the pictures.

        Raises:
            NotFoundError: if the preview is not kept any more.
        """
        folder = self._home.worker_folder(WorkerKind.PREVIEW, preview_id)
        if not preview_id.startswith("prev-") or not folder.is_dir():
            raise NotFoundError("This preview is no longer kept.", hint="Try the settings again.")
        return resolve_file(folder, path)

    def _made(self, prepared: Prepared) -> SettingsPreview:
        assert prepared.settings is not None
        with self._turn:
            return self._made_alone(prepared)

    def _made_alone(self, prepared: Prepared) -> SettingsPreview:
        assert prepared.settings is not None
        preview_id = new_id("prev")
        folder = RunFolder.create(self._home.worker_folder(WorkerKind.PREVIEW, preview_id))
        spec = RunSpec(
            kind=WorkerKind.PREVIEW,
            run_id=preview_id,
            problem_type=prepared.problem_type.id,
            model_type=prepared.model_type.id,
            settings=prepared.settings.without_secrets().nested(),
            dataset=f"../../datasets/{prepared.dataset_id}",
        )
        spec.write(folder.path)
        began = time.monotonic()
        worker = UnscheduledWorker(self._executor, folder)
        self._executor.launch(folder, spec)
        self._await(folder, worker)
        self._forget_old()
        result = json.loads(folder.preview.read_bytes())
        return SettingsPreview(id=preview_id, seconds=time.monotonic() - began, **result)

    def _await(self, folder: RunFolder, worker: UnscheduledWorker) -> None:
        deadline = time.monotonic() + self._patience_seconds
        while time.monotonic() < deadline:
            for event, _ in _told(folder):
                if isinstance(event, Finished):
                    return
                if isinstance(event, Failed):
                    raise SettingsError(event.findings or [_finding(event)])
            if self._executor.exit_code(folder) not in (None, 0) and (ending := worker.ending()):
                raise PreviewError(f"The preview failed: {ending.reason}.", hint="Try again.")
            time.sleep(0.05)
        worker.end()
        raise PreviewError(
            f"The preview took longer than {self._patience_seconds:.0f} s.",
            hint="Try again when the machine is less busy, or with fewer steps in the pipeline.",
        )

    def _forget_old(self) -> None:
        base = self._home.workers(WorkerKind.PREVIEW)
        folders = sorted(base.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in folders[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def _told(folder: RunFolder) -> list[tuple[Event, int]]:
    """What its worker has told so far; nothing of a log that makes no sense, which ends like one that is silent."""
    try:
        return list(read_events(folder.events))
    except ValueError:
        return []


def _finding(event: Failed) -> Finding:
    """What the worker said, at the setting it speaks of."""
    return Finding(
        code=event.code,
        path=event.setting or "dataset",
        message=event.message,
        found=f"an error ({event.code})",
        expected="settings that work on the first rows",
        fix=event.hint,
    )
