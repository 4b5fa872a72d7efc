"""Predict: a trained model on a table, in a worker of its own."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from studio.datasets.tables.kept_tables import kept_beside
from studio.errors import DatasetError
from studio.modeling.loading import data_workers
from studio.modeling.recipe import Media
from studio.runs.events import Finished, Phase
from studio.runs.folder import RunFolder
from studio.runs.spec import PredictOrder, RunSpec
from studio.scoring.inputs import read_input
from studio.scoring.listed_files import files_table
from studio.scoring.predictor import Predictor
from studio.scoring.usable_rows import usable_rows
from studio.settings.finding import Finding, FindingLevel
from studio.training.outputs.media_previews import with_previews
from studio.training.outputs.results import write_results
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import Reporter

UPLOADED_FILES = "input/files"
"""Where the files of an uploaded table lie in the run's folder; pages show media relative to it."""


def predict_table(folder: RunFolder, spec: RunSpec, reporter: Reporter, stop: StopSignal) -> Finished:
    """Carry out a predict order; gives the event that says it is done.

    Raises:
        StudioError: if model, table or files cannot be used.
    """
    order = spec.predict
    if order is None:
        raise DatasetError("The order names no table.", hint="Start the prediction again.")
    reporter.event(Phase(name="loading the model"))
    predictor = Predictor.load((folder.path / order.bundle).resolve(), columns=order.columns)
    table, noticed = _ordered_table(folder, spec, order, predictor)
    media = ordered_media(folder, spec, order)
    usable = usable_rows(
        predictor.problem_type,
        predictor.settings,
        table,
        media,
        name=_name_of(order),
        refuse=order.refuse_bad_rows,
    )
    table = usable.table
    if not spec.dataset:
        table = with_previews(predictor.problem_type, predictor.settings, table, media, folder.media_previews)
    reporter.event(Phase(name="predicting", detail=f"{len(table)} rows"))

    def after_batch(rows: int) -> None:
        stop.check()
        reporter.progress(0.95 * rows / len(table), detail=f"{rows} of {len(table)} rows")

    workers = data_workers(predictor.settings.environment.number_of_workers, spec.threads)
    scored = predictor.predict(table, media, workers=workers, after_batch=after_batch, is_checked=True)
    findings = [*noticed, *usable.findings, *_odd_truth(predictor, table, order)]
    values = write_results(
        folder, reporter, predictor.recipe, media, scored, "test", predictor.attributions, usable.left_out, findings
    )
    reporter.progress(1.0)
    reporter.sync()
    return Finished(metrics={"test": values} if values else {})


def _ordered_table(
    folder: RunFolder, spec: RunSpec, order: PredictOrder, predictor: Predictor
) -> tuple[pd.DataFrame, list[Finding]]:
    """A dataset's own table as it is, hidden columns included; any other as import reads it, with what was noticed.

    Files without a table make one by themselves.
    """
    kind = predictor.problem_type
    if not order.table and kind.medium is not None:
        column = str(predictor.settings.value(f"dataset.{kind.media_role}"))
        return files_table((folder.path / order.media).resolve(), kind.medium, column, _name_of(order))
    path = (folder.path / order.table).resolve()
    if spec.dataset and path.is_relative_to(spec.dataset_folder(folder.path)):
        return pd.read_parquet(path), []
    return read_input(path, kept_beside(folder.path / UPLOADED_FILES))


def _name_of(order: PredictOrder) -> str:
    """What the owner of the table calls it."""
    return order.table_name or Path(order.table).name


def _odd_truth(predictor: Predictor, table: pd.DataFrame, order: PredictOrder) -> Iterator[Finding]:
    """What the recipe finds odd about the rows, such as classes that training has not seen and that are not scored."""
    for note in predictor.recipe.notes(table.iloc[:0], table):
        if note.level == "warning":
            yield Finding(
                level=FindingLevel.WARNING,
                code="odd_rows",
                path=_name_of(order),
                message=note.text,
                fix="Check these rows; the model may predict them less well.",
            )


def ordered_media(folder: RunFolder, spec: RunSpec, order: PredictOrder) -> Media:
    """The folder with the table's files, relative to what pages show media from."""
    base = (folder.path / order.media).resolve() if order.media else (folder.path / order.table).resolve().parent
    root = spec.dataset_folder(folder.path) / "media" if spec.dataset else folder.path / UPLOADED_FILES
    if base.is_relative_to(root.resolve()):
        return Media(root.resolve(), base.relative_to(root.resolve()).as_posix())
    return Media(base, origin="run")
