"""Runs: their series, log, insights, samples and files."""

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from studio.errors import NotFoundError, StudioError, in_quotes
from studio.files import resolve_inside, sha256_file
from studio.interpreter import python_module
from studio.results.insight import Insight, InsightEntry
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import RunState
from studio.scheduling.environment import worker_environment
from studio.scheduling.watching import StopStage
from studio.server.log_lines import one_record
from studio.server.schemas.runs import (
    LogLine,
    LogPage,
    PipelineInfo,
    Run,
    RunFile,
    RunSamplePage,
    SeriesAnswer,
    SeriesData,
    StopInfo,
)
from studio.server.services.models import Models
from studio.server.services.shown_files import written_picture
from studio.server.services.viewing.run_files import find_file, list_files
from studio.server.services.viewing.samples import SampleQuery, read_samples
from studio.server.views import run_view
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

PACK_SECONDS = 900.0
_KEY = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}$")


class PipelineError(StudioError):
    """The scoring pipeline could not be built."""

    code = "pipeline"


class Runs:
    """What happened in runs."""

    def __init__(
        self,
        home: Home,
        store: Store,
        models: Models,
        stop_stage: Callable[[str], StopStage | None] = lambda run_id: None,
    ) -> None:
        self._home = home
        self._store = store
        self._models = models
        self._stop_stage = stop_stage
        self._packing = threading.Lock()

    def get(self, id: str) -> Run:
        """A run."""
        return self.view(self._train(id))

    def view(self, row: RunRow) -> Run:
        """A run as the API shows it."""
        folder = self.folder(row.id)
        kept = [one for one in self._store.artefacts.checkpoints(row.id) if (folder.checkpoints / one.name).is_dir()]
        view = run_view(
            row,
            self._store.runs.history(row.id),
            kept,
            self._store.artefacts.predictions(row.id),
            has_bundle=self._models.has_model(row),
            has_pipeline=folder.pipeline.is_file(),
        )
        stage = self._stop_stage(row.id) if row.state is RunState.STOPPING else None
        if stage is None:
            return view
        return view.model_copy(update={"stop": StopInfo(stage=stage.stage, deadline=time.time() + stage.seconds_left)})

    def folder(self, id: str) -> RunFolder:
        """A training's folder."""
        return RunFolder(self._home.worker_folder(WorkerKind.TRAIN, id))

    def series(self, id: str, names: list[str], points: int, start: int | None, end: int | None) -> SeriesAnswer:
        """Series in buckets."""
        self._train(id)
        found = self._store.series.read(id, names, points, start, end)
        return SeriesAnswer(series={name: SeriesData(**vars(one)) for name, one in found.items()})

    def log(
        self,
        id: str,
        after: int,
        limit: int,
        level: str,
        text: str,
        *,
        before: int | None = None,
        is_end: bool = False,
    ) -> LogPage:
        """Some lines of the log, from its beginning or up to its end."""
        self._train(id)
        lines, total = self._store.artefacts.log(id, after, limit, level, text, before=before, is_end=is_end)
        first = self._store.artefacts.first_error(id)
        return LogPage(
            lines=[LogLine(**vars(line)) for line in lines],
            total=total,
            first_error=LogLine(**vars(first)) if first else None,
        )

    def log_text(self, id: str) -> tuple[str, str]:
        """A file name, and the whole log as text."""
        row = self._train(id)
        lines, _ = self._store.artefacts.log(id, limit=1_000_000)
        text = "".join(
            f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(line.time))} {line.level:7} {one_record(line.text)}\n"
            for line in lines
        )
        return f"{self._name(row)}.log", text

    def insights(self, id: str) -> list[InsightEntry]:
        """The insights there are so far."""
        self._train(id)
        return self._store.artefacts.insights(id)

    def insight(self, id: str, key: str) -> Insight:
        """An insight with its payload.

        Raises:
            NotFoundError: if there is none of this key.
        """
        known = [entry.key for entry in self.insights(id)]
        if key not in known or not _KEY.match(key):
            raise NotFoundError.among("insight", key[:80], known)
        return Insight.model_validate(json.loads(resolve_inside(self.folder(id).insights, f"{key}.json").read_bytes()))

    def samples(self, id: str, query: SampleQuery) -> RunSamplePage:
        """Some predicted samples."""
        self._train(id)
        return read_samples(self.folder(id).predictions, query)

    def media(self, id: str, path: str) -> Path:
        """A picture that the run wrote: only below its insights."""
        self._train(id)
        return written_picture(self.folder(id), path)

    def files(self, id: str) -> list[RunFile]:
        """What can be downloaded."""
        self._train(id)
        return list_files(self.folder(id), self._store.artefacts.predictions(id))

    def file(self, id: str, name: str) -> tuple[Path, str]:
        """One of the files, and the name to save it under."""
        row = self._train(id)
        path = find_file(self.folder(id), self._store.artefacts.predictions(id), name)
        return path, f"{self._name(row)}-{path.name}"

    def build_pipeline(self, id: str) -> PipelineInfo:
        """Build the scoring pipeline in a process of its own, if it is not there.

        Raises:
            NoModelError: if the run has no model yet.
            PipelineError: if building fails.
        """
        self._models.require(self._train(id))
        folder = self.folder(id)
        with self._packing:
            if not folder.pipeline.is_file():
                self._pack(folder)
        return PipelineInfo(
            name=folder.pipeline.name,
            size_bytes=folder.pipeline.stat().st_size,
            sha256=sha256_file(folder.pipeline),
        )

    def _pack(self, folder: RunFolder) -> None:
        environment = worker_environment(os.environ, RunSpec(run_id="pack", problem_type=""))
        try:
            done = subprocess.run(
                python_module("studio.scoring.pack", str(folder.path)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=environment,
                timeout=PACK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise PipelineError("Building the scoring pipeline took too long.", hint="Try again.") from None
        if done.returncode != 0 or not folder.pipeline.is_file():
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise PipelineError(f"The scoring pipeline could not be built: {last[0]}", hint="See the server's log.")

    def _train(self, id: str) -> RunRow:
        row = self._store.runs.get(id)
        if row.kind is not WorkerKind.TRAIN:
            raise NotFoundError(f"There is no run {in_quotes(id)}.", hint="Look at the experiment's page for its runs.")
        return row

    def _name(self, row: RunRow) -> str:
        experiment = self._store.experiments.get(row.experiment_id or "")
        has_others = sum(experiment.runs_by_state.values()) > 1
        return f"{experiment.name}-run-{row.number + 1}" if has_others else experiment.name
