"""What of a run's or prediction's folder can be downloaded, and nothing else of it."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Literal

from studio.errors import NotFoundError
from studio.files import resolve_inside
from studio.results.prediction import PredictionSummary
from studio.runs.folder import RunFolder
from studio.server.schemas.runs import RunFile

Kind = Literal["predictions", "log", "settings", "checkpoint", "pipeline"]
_SPLITS = {"validation": "Predictions on the validation rows", "test": "Predictions on the test rows"}


def list_files(folder: RunFolder, predictions: Sequence[PredictionSummary]) -> list[RunFile]:
    """The downloads of a training."""
    files = [
        *prediction_files(folder, predictions),
        _file(folder.log, "worker.log", "log", "Output of the worker"),
        _file(folder.path / "spec.json", "spec.json", "settings", "The worker's specification"),
        _file(
            folder.pipeline,
            "pipeline.zip",
            "pipeline",
            "Scoring pipeline: model, code and tests; runs without the studio",
        ),
    ]
    return [file for file in files if file.ready or file.kind == "pipeline"]


def prediction_files(folder: RunFolder, predictions: Sequence[PredictionSummary]) -> list[RunFile]:
    """Tables of predictions that are complete."""
    return [
        _file(folder.path / name, name, "predictions", f"{_SPLITS.get(one.split, 'Predictions')}, {_form(name)}")
        for one in predictions
        for name in one.files
    ]


def find_file(folder: RunFolder, predictions: Sequence[PredictionSummary], name: str) -> Path:
    """A file that may be downloaded.

    Raises:
        NotFoundError: if it is not on the list, or not there.
    """
    known = [file.name for file in list_files(folder, predictions) if file.ready]
    if name not in known:
        raise NotFoundError.among("file", name[:80], known)
    return resolve_inside(folder.path, name)


def download_name(table: str, file: str) -> str:
    """What to save a file of a prediction as, after the table that was predicted: `new-predictions.csv`."""
    return f"{PurePath(table).stem or 'table'}-predictions{file.removeprefix('test')}"


def _file(path: Path, name: str, kind: Kind, description: str) -> RunFile:
    ready = path.is_file() and not path.is_symlink()
    size = path.stat().st_size if ready else 0
    return RunFile(name=name, size_bytes=size, kind=kind, description=description, ready=ready)


def _form(name: str) -> str:
    if "_raw" in name:
        return "raw outputs"
    if "_samples" in name:
        return "samples as shown on the page"
    return name.rpartition(".")[2].upper() if name.endswith(".csv") else name.rpartition(".")[2]
