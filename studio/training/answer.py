"""Answer: keeps a model loaded and answers single samples on a Unix socket in the run's folder.

One connection, one question: a JSON line `{"path": "answers/<file>"}` naming an image, or a JSON file with a row, in
the run's folder. The answer is one line: `{"sample": SampleView, "seconds": 0.1}`, or `{"error": {...}}`.
"""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pandas as pd

from studio.errors import DatasetError, StudioError
from studio.files import read_json, resolve_inside
from studio.modeling.recipe import Media
from studio.results.prediction import ROW
from studio.runs.events import Phase
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.scoring.predictor import Predictor
from studio.training.failures import describe
from studio.training.reporter import Reporter
from studio.training.stopping import StopSignal

ANSWERS = "answers"
IDLE_SECONDS = 600.0
LOOK_SECONDS = 0.5
CONNECTION_SECONDS = 10.0


def serve_answers(folder: RunFolder, spec: RunSpec, reporter: Reporter, stop: StopSignal) -> None:
    """Answer until asked to stop, or until nobody has asked for ten minutes."""
    if spec.predict is None:
        raise DatasetError("The order names no model.", hint="Ask again.")
    predictor = Predictor.load((folder.path / spec.predict.bundle).resolve())
    listener = listen(folder.answer_socket)
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
        folder.answer_socket.unlink(missing_ok=True)


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


def answer(predictor: Predictor, folder: RunFolder, path: str) -> dict[str, Any]:
    """The sample in a file of the run's folder, predicted.

    Raises:
        StudioError: if it cannot be read.
    """
    started = time.monotonic()
    file = resolve_inside(folder.path / ANSWERS, path.removeprefix(f"{ANSWERS}/"))
    media = Media(folder.path / ANSWERS, origin="run")
    table = pd.DataFrame([{ROW: 1, **_row(predictor, file)}])
    scored = predictor.predict(table, media)
    sample = next(predictor.recipe.sample_rows(scored, media)).view
    return {"sample": sample.model_dump(mode="json"), "seconds": time.monotonic() - started}


def _row(predictor: Predictor, file: Path) -> dict[str, Any]:
    """A JSON file is a row; any other is the file of the role that names files."""
    if file.suffix == ".json":
        values = read_json(file)
        if not isinstance(values, dict):
            raise DatasetError("The sample is not one row.", hint="Send a JSON object of column names and values.")
        return values
    role = predictor.problem_type.media_role
    if role is None:
        raise DatasetError("This model takes a row, not a file.", hint="Send JSON.")
    return {str(predictor.settings.value(f"dataset.{role}")): file.name}


def _answer_one(connection: socket.socket, folder: RunFolder, predictor: Predictor) -> bool:
    """Whether a question came (a connection without one only asks whether somebody listens)."""
    try:
        line = connection.makefile("rb").readline()
        if not line.strip():
            return False
        try:
            reply = answer(predictor, folder, str(json.loads(line)["path"]))
        except (StudioError, ValueError, KeyError, TypeError, RuntimeError, OSError, MemoryError) as error:
            failure = describe(error)
            reply = {"error": {"code": failure.code, "message": failure.message, "hint": failure.hint}}
        connection.sendall(json.dumps(reply).encode() + b"\n")
    except (TimeoutError, ConnectionError):
        return True
    return True
