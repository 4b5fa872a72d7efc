"""Predictions: one model on one table, made by a worker of its own."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from studio.datasets.dataset import preview_name
from studio.datasets.media.reader import Origin
from studio.errors import ConflictError, PathError, StudioError
from studio.failpoints import failpoint
from studio.files import resolve_file, resolve_inside
from studio.results.prediction import PredictionSummary
from studio.runs.folder import RunFolder
from studio.runs.spec import PredictOrder, RunSpec, WorkerKind
from studio.runs.state import ACTIVE, ENDED
from studio.scheduling.hub import Hub
from studio.scheduling.scheduler import Scheduler
from studio.server.recovery import for_each
from studio.server.schemas.predictions import Prediction, PredictionCreate
from studio.server.schemas.runs import RunFile, RunSamplePage
from studio.server.schemas.stream import GoneMessage
from studio.server.services.importing.imports import Imports
from studio.server.services.inference.offered_columns import texts
from studio.server.services.inference.sources import PredictionSources
from studio.server.services.models import Models
from studio.server.services.shown_files import MediaSize, shown_file, written_picture
from studio.server.services.viewing.run_files import download_name, find_file, prediction_files
from studio.server.services.viewing.samples import SampleQuery, read_samples
from studio.server.views import damaged_prediction, prediction_view, shown
from studio.store.home import DELETED_PREFIX, Home
from studio.store.ids import new_id
from studio.store.predictions import PredictionRow
from studio.store.runs import RunRow
from studio.store.store import Store


class Predictions:
    """Predictions on new data."""

    def __init__(
        self, home: Home, store: Store, hub: Hub, scheduler: Scheduler, models: Models, imports: Imports
    ) -> None:
        self._home = home
        self._store = store
        self._hub = hub
        self._scheduler = scheduler
        self._models = models
        self._sources = PredictionSources(home, store, imports)

    def all(self) -> list[Prediction]:
        """Every prediction, the newest first."""
        return shown(self._store.predictions.all(), self._view, damaged_prediction)

    def get(self, id: str) -> Prediction:
        """A prediction."""
        return self._view(self._store.predictions.get(id))

    def create(self, body: PredictionCreate) -> Prediction:
        """Queue a prediction.

        Raises:
            NoModelError: if the run has no model yet.
        """
        model = self._model(body)
        experiment = self._store.experiments.get(model.experiment_id or "")
        id = new_id("pred")
        folder = RunFolder.create(self._home.worker_folder(WorkerKind.PREDICT, id))
        try:
            source = self._sources.find(body, folder, model)
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        bundle = f"../../runs/{model.id}/bundle"
        spec = RunSpec(
            kind=WorkerKind.PREDICT,
            run_id=id,
            problem_type=experiment.problem_type,
            model_type=experiment.model_type,
            settings=model.spec.settings,
            dataset=f"../../datasets/{source.dataset_id}" if source.dataset_id else "",
            devices=model.spec.devices,
            predict=PredictOrder(
                bundle=bundle,
                table=source.table,
                media=source.media,
                table_name=source.table_name,
                columns={role: texts(value) for role, value in source.columns.items()},
                refuse_bad_rows=body.refuse_bad_rows,
            ),
        )
        now = time.time()
        name = body.name or f"{experiment.name} on {source.dataset_name or source.table_name}"
        row = PredictionRow(
            id=id,
            name=name,
            problem_type=experiment.problem_type,
            experiment_id=experiment.id,
            experiment_name=experiment.name,
            model_run_id=model.id,
            dataset_id=source.dataset_id,
            dataset_name=source.dataset_name,
            table_name=source.table_name,
            created=now,
        )
        try:
            with self._store.database.write():
                # Again inside the transaction: what it needs may have been deleted meanwhile.
                self._store.experiments.get(experiment.id)
                self._store.runs.get(model.id)
                if source.dataset_id is not None:
                    self._store.datasets.get(source.dataset_id)
                self._store.runs.insert(RunRow(id=id, kind=WorkerKind.PREDICT, spec=spec, created=now))
                self._store.predictions.insert(row)
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        self._scheduler.wake()
        return self.announce(id)

    def delete(self, id: str) -> None:
        """Delete a prediction with its files.

        Raises:
            ConflictError: while it is being made; it is asked to stop.
        """
        with self._store.database.write():  # it is not started in between
            self._store.predictions.get(id)
            run = self._store.runs.get(id)
            self._store.runs.withdraw([run], time.time())
        if run.state in ACTIVE:
            self._scheduler.stop_run(id)
            raise ConflictError("This prediction is running.", hint="It is being stopped; delete it afterwards.")
        self._scheduler.queue_changed()
        with suppress(FileNotFoundError, PathError):
            # The renamed folder says that the row goes, too, should this server end here.
            os.replace(self._home.worker_folder(WorkerKind.PREDICT, id), self._home.deleted(WorkerKind.PREDICT, id))
        failpoint("prediction_entombed")
        self._remove(id)
        self._hub.publish({"predictions"}, "gone", GoneMessage(kind="prediction", id=id))

    def recover(self) -> None:
        """After a start: finish deletions that a crash cut off."""
        ids = [
            deleted.name.removeprefix(DELETED_PREFIX)
            for deleted in self._home.workers(WorkerKind.PREDICT).glob(f"{DELETED_PREFIX}*")
        ]
        for_each("prediction", ids, self._remove, lambda id, _: self._store.runs.delete(id))

    def samples(self, id: str, query: SampleQuery) -> RunSamplePage:
        """Some predicted samples."""
        self._store.predictions.get(id)
        return read_samples(self._folder(id).predictions, query)

    def media(self, id: str, path: str, size: MediaSize, origin: Origin) -> Path:
        """What was predicted, of the dataset or of the upload, a picture of it, or one that the prediction drew."""
        row = self._store.predictions.get(id)
        if origin == "run":
            return written_picture(self._folder(id), path)
        if row.dataset_id is not None:
            dataset = self._home.dataset(row.dataset_id)
            return shown_file(resolve_file(dataset / "media", path), dataset / "previews" / preview_name(path), size)
        folder = self._folder(id)
        file = resolve_inside(folder.path / "input" / "files", path)
        return shown_file(file, folder.media_previews / preview_name(path), size)

    def files(self, id: str) -> list[RunFile]:
        """What can be downloaded."""
        return prediction_files(self._folder(id), self._summaries(id))

    def file(self, id: str, name: str) -> tuple[Path, str]:
        """One of the files, and the name to save it under."""
        row = self._store.predictions.get(id)
        path = find_file(self._folder(id), self._summaries(id), name)
        return path, download_name(row.table_name, path.name)

    def settle(self, run: RunRow) -> None:
        """Tell listeners that a prediction ended."""
        if run.state in ENDED:
            self.announce(run.id)

    def announce(self, id: str) -> Prediction:
        """Tell listeners how a prediction is now."""
        view = self.get(id)
        self._hub.publish({"predictions"}, "prediction", view)
        return view

    def _remove(self, id: str) -> None:
        self._store.runs.delete(id)
        with suppress(PathError):  # what is no id of ours has no folder
            shutil.rmtree(self._home.deleted(WorkerKind.PREDICT, id), ignore_errors=True)

    def _model(self, body: PredictionCreate) -> RunRow:
        """The run whose model predicts: the named one, else the best one of the experiment."""
        if body.run_id is not None:
            return self._models.of_run(body.run_id)
        if body.experiment is None:
            raise StudioError("Name an experiment or a run.", hint="Send experiment or run_id.", code="model")
        return self._models.of_experiment(self._store.experiments.get(body.experiment), body.run)

    def _folder(self, id: str) -> RunFolder:
        return RunFolder(self._home.worker_folder(WorkerKind.PREDICT, id))

    def _summaries(self, id: str) -> list[PredictionSummary]:
        self._store.predictions.get(id)
        return self._store.artefacts.predictions(id)

    def _view(self, row: PredictionRow) -> Prediction:
        summaries = self._store.artefacts.predictions(row.id)
        rows = summaries[0].rows if summaries else 0
        metrics = dict(summaries[0].metrics) if summaries else {}
        finite = {name: value if abs(value) < float("inf") else None for name, value in metrics.items()}
        model = self._store.runs.find(row.model_run_id)
        noticed = summaries[0].findings if summaries else ()
        intervals = summaries[0].intervals if summaries else {}
        return prediction_view(row, self._store.runs.get(row.id), model, rows, finite, intervals, noticed)
