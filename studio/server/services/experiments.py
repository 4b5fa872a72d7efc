"""Experiments: planned, started, changed, stopped, resumed, deleted."""

import hashlib
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress

from studio.errors import ConflictError, PathError, in_quotes
from studio.failpoints import failpoint
from studio.runs.folder import RunFolder
from studio.runs.naming import propose_name
from studio.runs.plan import PlannedRun
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ACTIVE, ENDED, RESUMABLE
from studio.scheduling.executors.executor import Executor
from studio.scheduling.hub import Hub
from studio.scheduling.scheduler import Scheduler
from studio.server.recovery import for_each
from studio.server.schemas.experiments import (
    Experiment,
    ExperimentCreate,
    ExperimentPatch,
)
from studio.server.schemas.stream import GoneMessage
from studio.server.services.datasets import InUseError
from studio.server.services.experiment_views import ExperimentViews
from studio.server.services.inference.previews import Previews
from studio.server.services.models import Models
from studio.server.services.planning import Planner, Prepared
from studio.server.services.runs import Runs
from studio.server.services.secrets import Secrets
from studio.server.views import experiment_row
from studio.settings.finding import SettingsError
from studio.settings.schema import SCHEMA_VERSION
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.ids import new_id
from studio.store.runs import RunRow
from studio.store.store import Store

COLOURS = 8


class Experiments(ExperimentViews):
    """What the user asked for, and what becomes of it."""

    def __init__(
        self,
        home: Home,
        store: Store,
        hub: Hub,
        scheduler: Scheduler,
        executor: Executor,
        planner: Planner,
        runs: Runs,
        models: Models,
        secrets: Secrets,
        previews: Previews,
    ) -> None:
        super().__init__(store, runs, models)
        self._home = home
        self._hub = hub
        self._scheduler = scheduler
        self._executor = executor
        self._planner = planner
        self._secrets = secrets
        self._previews = previews

    def create(self, body: ExperimentCreate, key: str | None) -> Experiment:
        """Plan and queue an experiment; a repeated key gives the one it made.

        Raises:
            SettingsError: with every finding, if something stands in the way.
            ConflictError: if the name is taken, or the key was used for another body.
        """
        body_hash = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        known = self._store.idempotency.find(key, body_hash) if key else None
        if known is not None:
            return self.get(known)
        prepared = self._planner.prepare(body.problem_type, body.model_type, body.settings, body.grid)
        if not prepared.is_startable:
            raise SettingsError(prepared.findings)
        assert prepared.settings is not None
        self._previews.dry_run(prepared)
        planned = prepared.runs()
        row = self._row(body, prepared)
        self._secrets.put(row.id, prepared.settings.secrets())
        try:
            made = self._insert(row, planned, prepared, key, body_hash)
        except BaseException:
            self._secrets.remove(row.id)
            raise
        if made != row.id:
            self._secrets.remove(row.id)
            return self.get(made)
        self._scheduler.wake()
        return self._announced(row.id)

    def _insert(
        self, row: ExperimentRow, planned: Sequence[PlannedRun], prepared: Prepared, key: str | None, body_hash: str
    ) -> str:
        """Write an experiment and its runs; gives its id, or that of the one that the same key has made meanwhile."""
        with self._store.database.write():
            # Again inside the transaction: the same key may have come twice at once.
            known = self._store.idempotency.find(key, body_hash) if key else None
            if known is not None:
                return known
            if row.dataset_id is not None:
                self._store.datasets.get(row.dataset_id)  # deleted since it was looked at
            self._store.experiments.insert(row)
            for number, one in enumerate(planned):
                self._store.runs.insert(self._run(row, number, one, prepared))
            if key:
                self._store.idempotency.remember(key, body_hash, row.id, row.created)
        return row.id

    def change(self, id_or_name: str, body: ExperimentPatch) -> Experiment:
        """Change what people may change."""
        row = self._store.experiments.get(id_or_name)
        self._store.experiments.change(row.id, name=body.name, notes=body.notes, tags=body.tags, archived=body.archived)
        return self._announced(row.id)

    def stop(self, id_or_name: str) -> Experiment:
        """Ask every unfinished run to stop."""
        row = self._store.experiments.get(id_or_name)
        for run in self._store.runs.of_experiment(row.id):
            if run.state not in ENDED:
                self._scheduler.stop_run(run.id)
        return self._announced(row.id)

    def resume(self, id_or_name: str) -> Experiment:
        """Queue every run again that ended without finishing.

        Raises:
            ConflictError: if there is none.
        """
        row = self._store.experiments.get(id_or_name)
        runs = [run.id for run in self._store.runs.of_experiment(row.id) if run.state in RESUMABLE]
        if not runs:
            raise ConflictError(
                f"The experiment {in_quotes(row.name)} is {row.state}; there is nothing to resume.",
                hint="Stopped, failed and lost runs can be resumed.",
            )
        self._scheduler.resume_runs(runs)
        return self._announced(row.id)

    def delete(self, id_or_name: str) -> None:
        """Delete an experiment with its files.

        Raises:
            InUseError: while a run is active, or a model of it predicts.
        """
        with self._store.database.write():  # nothing of it is started, resumed or predicted with in between
            row = self._store.experiments.get(id_or_name)
            runs = self._store.runs.of_experiment(row.id)
            active = [run.id for run in runs if run.state in ACTIVE]
            if active:
                raise InUseError(f"The experiment {in_quotes(row.name)} is still {row.state}. Stop it first.", active)
            predicting = [one.name for run in runs for one in self._store.predictions.active(model_run_id=run.id)]
            if predicting:
                raise InUseError(f"A model of {in_quotes(row.name)} is predicting.", predicting)
            self._store.runs.withdraw(runs, time.time())
            self._store.experiments.soft_delete(row.id, time.time())
        self._scheduler.queue_changed()
        failpoint("delete_entombed")
        self._remove(row.id)
        self._hub.publish({"experiments"}, "gone", GoneMessage(kind="experiment", id=row.id))

    def recover(self) -> None:
        """After a start: finish deletions that a crash cut off. Where files cannot go, the rows still do."""
        soft_deleted = self._store.experiments.soft_deleted()
        for_each("experiment", soft_deleted, self._remove, lambda id, _: self._store.experiments.delete(id))

    def _announced(self, id: str) -> Experiment:
        row = self._store.experiments.get(id)
        self._hub.publish({"experiments"}, "experiment", experiment_row(row, self.queue_positions().get(id)))
        return self.get(id)

    def _row(self, body: ExperimentCreate, prepared: Prepared) -> ExperimentRow:
        settings = prepared.settings
        assert settings is not None
        name = body.name or str(settings.value("general.experiment_name"))
        if not name:
            name = propose_name({one for _, one in self._store.experiments.names()})
        metric = prepared.problem_type.metric(str(settings.value("prediction.metric")))
        return ExperimentRow(
            id=new_id("exp"),
            name=name,
            problem_type=prepared.problem_type.id,
            model_type=prepared.model_type.id,
            dataset_id=prepared.dataset_id,
            settings={**settings.without_secrets().flat(), "general.experiment_name": name},
            grid={key: list(values) for key, values in prepared.grid.items()},
            document_version=SCHEMA_VERSION,
            fingerprint=settings.fingerprint(),
            colour=self._store.experiments.count() % COLOURS,
            created=time.time(),
            metric=metric.name,
            metric_label=metric.label,
            direction=metric.direction,
        )

    def _run(self, row: ExperimentRow, number: int, planned: PlannedRun, prepared: Prepared) -> RunRow:
        run_id = new_id("run")
        gpus = planned.settings.value("environment.gpus")
        spec = RunSpec(
            run_id=run_id,
            problem_type=row.problem_type,
            model_type=row.model_type,
            settings=planned.settings.without_secrets().nested(),
            dataset=f"../../datasets/{row.dataset_id}",
            dataset_fingerprint=prepared.dataset.manifest.fingerprint if prepared.dataset else "",
            fold=planned.fold,
            seed=planned.seed,
            devices=tuple(int(gpu) for gpu in gpus),
            gpus_a_run=int(planned.settings.value("environment.number_of_gpus_per_run")),
            start_weights=f"../{prepared.start_weights}/bundle" if prepared.start_weights else "",
        )
        return RunRow(
            id=run_id,
            kind=WorkerKind.TRAIN,
            spec=spec,
            created=row.created,
            experiment_id=row.id,
            number=number,
            fold=planned.fold,
            seed=planned.seed,
            grid=dict(planned.grid),
        )

    def _remove(self, id: str) -> None:
        for run in self._store.runs.of_experiment(id):
            with suppress(PathError):  # what is no id of ours has no folder
                self._remove_files(run.id)
        with suppress(PathError):
            self._secrets.remove(id)
        failpoint("delete_files_gone")
        self._store.experiments.delete(id)

    def _remove_files(self, run_id: str) -> None:
        folder = RunFolder(self._home.worker_folder(WorkerKind.TRAIN, run_id))
        shutil.rmtree(folder.path, ignore_errors=True)
        answers = RunFolder(self._home.worker_folder(WorkerKind.ONLINE_INFERENCE, run_id))
        if answers.process.exists() and self._executor.is_alive(answers):
            self._executor.signal(answers, "term")
        shutil.rmtree(answers.path, ignore_errors=True)
