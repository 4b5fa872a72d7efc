"""Answer: keeps a model loaded and answers single samples on a Unix socket in the run's folder.

One connection, one question, a JSON line:

    {"path": "answers/<file>"}             an image, or a JSON file with a row, in this worker's folder
    {"row": 12, "split": "validation"}     a row that the run has predicted already

With `"interpret": true` the sample comes with what explains the prediction, if the problem type has such: a heatmap,
whose file lies beside the answers, or marks in its text. The answer is one line:
`{"sample": SampleView, "seconds": 0.1}`, or `{"error": {...}}`.
"""

import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow.parquet as pq

from studio.errors import DatasetError, StudioError
from studio.files import read_json, resolve_inside
from studio.modeling.recipe import Media
from studio.results.prediction import ROW
from studio.results.sample_view import NeighbourAnnotation, SampleView
from studio.runs.events import Phase
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.scoring.predictor import Predictor
from studio.scoring.sent_rows import file_column, with_own_file
from studio.training.failures.failures import describe, findings_behind
from studio.training.outputs.heatmaps import explained
from studio.training.outputs.media_previews import with_previews
from studio.training.outputs.predicted_rows import PredictedRows
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import Reporter

ANSWERS = "answers"
IDLE_SECONDS = 600.0
LOOK_SECONDS = 0.5
CONNECTION_SECONDS = 10.0


def serve_online_inference(folder: RunFolder, spec: RunSpec, reporter: Reporter, stop: StopSignal) -> None:
    """Answer until asked to stop, or until nobody has asked for ten minutes."""
    if spec.predict is None:
        raise DatasetError("The order names no model.", hint="Ask again.")
    predictor = Predictor.load((folder.path / spec.predict.bundle).resolve())
    listener = listen(folder.inference_socket)
    reporter.event(Phase(name="answering"))
    asked = time.monotonic()
    try:
        while not stop.is_requested and time.monotonic() - asked < IDLE_SECONDS:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(CONNECTION_SECONDS)
                if _answer_one(connection, folder, predictor):
                    asked = time.monotonic()
    finally:
        listener.close()
        folder.inference_socket.unlink(missing_ok=True)


def listen(path: Path) -> socket.socket:
    """A listening Unix socket, also where the path is longer than the 107 bytes an address may have."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    listener.listen(8)
    listener.settimeout(LOOK_SECONDS)
    return listener


def answer(predictor: Predictor, folder: RunFolder, question: Mapping[str, Any]) -> dict[str, Any]:
    """The sample that a question asks about.

    Raises:
        StudioError: if it cannot be read.
    """
    started = time.monotonic()
    asked = (
        _predicted_row(predictor, folder, question) if "row" in question else _new_sample(predictor, folder, question)
    )
    sample = asked.sample
    if question.get("interpret"):
        maps = predictor.attributions(asked.table, asked.media)
        if maps is not None:
            name = f"{asked.name}-heatmap.png"
            sample = explained(sample, maps[0], folder.path / ANSWERS / name, name)
    return {"sample": sample.model_dump(mode="json"), "seconds": time.monotonic() - started}


class _Asked(NamedTuple):
    """One row as a table, where its file is, and its sample."""

    table: pd.DataFrame
    media: Media
    sample: SampleView
    name: str
    """What files about it are called."""


def _new_sample(predictor: Predictor, folder: RunFolder, question: Mapping[str, Any]) -> _Asked:
    file = resolve_inside(folder.path / ANSWERS, str(question["path"]).removeprefix(f"{ANSWERS}/"))
    media = Media(folder.path / ANSWERS, origin="run")
    table = pd.DataFrame([{ROW: 1, **_row(predictor, file)}])
    # Beside the sample, so that both are forgotten together.
    table = with_previews(predictor.problem_type, predictor.settings, table, media, folder.path / ANSWERS)
    scored = predictor.predict(table, media)
    sample = next(predictor.recipe.sample_rows(scored, media)).view
    if isinstance(sample.prediction, NeighbourAnnotation):
        known = PredictedRows.of(_run_of_model(folder))
        if known is not None:
            neighbours = NeighbourAnnotation(neighbours=known.neighbours(predictor.recipe, scored))
            sample = sample.model_copy(update={"prediction": neighbours, "note": known.told()})
    return _Asked(table, media, sample, file.stem)


def _run_of_model(folder: RunFolder) -> RunFolder:
    """The run whose model answers."""
    spec = RunSpec.read(folder.path)
    if spec.predict is None:
        raise DatasetError("The order names no model.", hint="Ask again.")
    return RunFolder((folder.path / spec.predict.bundle).resolve().parent)


def _predicted_row(predictor: Predictor, folder: RunFolder, question: Mapping[str, Any]) -> _Asked:
    """A row of the run's own predictions, as it was told there."""
    split, row = str(question.get("split", "validation")), int(question["row"])
    run = _run_of_model(folder)
    samples = resolve_inside(run.predictions, f"{split}_samples.parquet")
    found = pq.read_table(samples, columns=["view"], filters=[("row", "==", row)]).to_pylist()
    if not found:
        raise DatasetError(f"The {split} predictions have no row {row}.", hint="Choose another row.")
    sample = SampleView.model_validate_json(found[0]["view"])
    name = f"{split}-{row}"
    role = predictor.problem_type.media_role
    if role is None:
        return _Asked(_inputs_of(predictor, run, split, row), Media(run.path, origin="run"), sample, name)
    if sample.media is None:
        raise DatasetError(f"Row {row} has no file.", hint="Choose another row.")
    is_own = sample.media.origin == "run"
    root = run.path if is_own else RunSpec.read(run.path).dataset_folder(run.path) / "media"
    column = str(predictor.settings.value(f"dataset.{role}"))
    table = _inputs_of(predictor, run, split, row).assign(**{column: sample.media.path})
    return _Asked(table, Media(root, origin=sample.media.origin), sample, name)


def _inputs_of(predictor: Predictor, run: RunFolder, split: str, row: int) -> pd.DataFrame:
    """The input columns of a row, from the prediction table, whose order is that of its samples."""
    rows = pq.read_table(run.predictions / f"{split}_samples.parquet", columns=["row"]).column("row")
    path = run.predictions / f"{split}.parquet"
    present = set(pq.read_schema(path).names)
    # An input that is called like a predicted column stands there as the truth.
    written = {f"true_{name}" if f"true_{name}" in present else name: name for name in _input_columns(predictor)}
    table = pq.read_table(path, columns=[name for name in written if name in present])
    frame: pd.DataFrame = table.slice(rows.index(row).as_py(), 1).to_pandas()
    return frame.rename(columns=written).assign(**{ROW: row})


def _input_columns(predictor: Predictor) -> list[str]:
    """The columns that a prediction needs or can use."""
    values = [predictor.settings.value(f"dataset.{role.name}") for role in predictor.problem_type.roles if role.in_test]
    return [name for value in values if value for name in (value if isinstance(value, tuple) else (value,))]


def _row(predictor: Predictor, file: Path) -> dict[str, Any]:
    """A JSON file is a row, with the bytes of its file if it has one; any other file is all that there is of a row."""
    kind = predictor.problem_type
    if file.suffix == ".json":
        values = read_json(file)
        if not isinstance(values, dict):
            raise DatasetError("The sample is not one row.", hint="Send a JSON object of column names and values.")
        return with_own_file(kind, predictor.settings, values, file.parent, file.stem)
    column = file_column(kind, predictor.settings)
    if column is None or kind.is_row_needed:
        raise DatasetError("This model takes a row, not a file.", hint="Send JSON.")
    return {column: file.name}


def _answer_one(connection: socket.socket, folder: RunFolder, predictor: Predictor) -> bool:
    """Whether a question came (a connection without one only asks whether somebody listens)."""
    try:
        line = connection.makefile("rb").readline()
        if not line.strip():
            return False
        try:
            reply = answer(predictor, folder, dict(json.loads(line)))
        except (StudioError, ValueError, KeyError, TypeError, RuntimeError, OSError, MemoryError) as error:
            failure = describe(error)
            findings = [finding.model_dump(mode="json") for finding in findings_behind(error)]
            told = {"code": failure.code, "message": failure.message, "hint": failure.hint, "findings": findings}
            reply = {"error": told}
        connection.sendall(json.dumps(reply).encode() + b"\n")
    except (TimeoutError, ConnectionError):
        return True
    return True
