"""Predict, answer and inspect: the other things a worker does."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from studio.datasets.dataset import Dataset
from studio.errors import DatasetError
from studio.files import read_json
from studio.results.sample_view import LabelAnnotation, SampleView
from studio.runs.events import decode
from studio.runs.folder import RunFolder
from studio.runs.spec import PredictOrder, RunSpec, WorkerKind
from studio.scoring.predictor import Predictor
from studio.training.online_inference import answer, serve_online_inference
from studio.training.processes.stopping import StopSignal
from studio.training.reporting.reporter import Reporter
from studio.training.worker import run_worker

if TYPE_CHECKING:
    from .conftest import Work, Worked


@pytest.fixture
def trained(work: "Work") -> "Worked":
    return work("model", {"training.epochs": 1, "dataset.test_dataframe": "test.csv"})


def order(folder: Path, trained: "Worked", dataset: Dataset | None, **predict: str) -> Path:
    RunFolder.create(folder)
    RunSpec(
        kind=WorkerKind.PREDICT,
        run_id="p",
        problem_type="image_classification",
        dataset=str(dataset.folder) if dataset else "",
        predict=PredictOrder(bundle=os.path.relpath(trained.folder / "bundle", folder), **predict),
    ).write(folder)
    return folder


def events(folder: Path) -> list[Any]:
    return [decode(line) for line in (folder / "events.jsonl").read_bytes().splitlines()]


def test_predicting_the_test_table_repeats_the_runs_test_predictions(
    trained: "Worked", shapes: Dataset, tmp_path: Path
) -> None:
    table = next(one for one in shapes.manifest.tables if one.role == "test")
    media = shapes.media / shapes.manifest.media_folder
    folder = order(tmp_path / "p", trained, shapes, table=str(shapes.folder / table.file), media=str(media))

    assert run_worker(folder) == 0

    ours = pd.read_parquet(folder / "predictions" / "test.parquet")
    runs = pd.read_parquet(trained.folder / "predictions" / "test.parquet")
    numbers = ours.select_dtypes("number").columns
    assert np.abs(ours[numbers] - runs[numbers]).to_numpy().max() <= 1e-5
    assert events(folder)[-1].metrics["test"]["Accuracy"] == pytest.approx(
        trained.of_kind("finished")[0].metrics["test"]["Accuracy"]
    )
    view = SampleView.model_validate_json(pd.read_parquet(folder / "predictions" / "test_samples.parquet")["view"][0])
    assert view.media is not None
    assert (shapes.media / view.media.path).is_file()


def test_an_uploaded_table_without_labels_is_predicted_and_not_scored(
    trained: "Worked", shapes: Dataset, tmp_path: Path
) -> None:
    files = tmp_path / "p" / "input" / "files"
    shutil.copytree(shapes.media / shapes.manifest.media_folder, files / "pictures")
    names = sorted(path.name for path in (files / "pictures").iterdir())[:5]
    pd.DataFrame({"image": names, "note": "=SUM(A1)"}).to_csv(files / "new.csv", index=False)
    folder = order(tmp_path / "p", trained, None, table="input/files/new.csv", media="input/files/pictures")

    assert run_worker(folder) == 0

    csv = pd.read_csv(folder / "predictions" / "test.csv")
    assert list(csv["image"]) == names
    assert list(csv["note"]) == ["'=SUM(A1)"] * 5
    assert events(folder)[-1].metrics == {}
    view = SampleView.model_validate_json(pd.read_parquet(folder / "predictions" / "test_samples.parquet")["view"][0])
    assert view.media is not None
    assert (files / view.media.path).is_file()


def test_a_table_without_the_image_column_fails_by_name(trained: "Worked", tmp_path: Path) -> None:
    files = tmp_path / "p" / "input" / "files"
    files.mkdir(parents=True)
    (files / "new.csv").write_text("picture\na.png\n")
    folder = order(tmp_path / "p", trained, None, table="input/files/new.csv", media="input/files")

    assert run_worker(folder) == 1

    assert "'image'" in events(folder)[-1].message


def test_one_image_is_answered(trained: "Worked", shapes: Dataset, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "a")
    (folder.path / "answers").mkdir()
    picture = next((shapes.media / shapes.manifest.media_folder).iterdir())
    shutil.copy(picture, folder.path / "answers" / "one.png")

    found = answer(Predictor.load(trained.folder / "bundle"), folder, {"path": "answers/one.png"})

    view = SampleView.model_validate(found["sample"])
    assert isinstance(view.prediction, LabelAnnotation)
    assert sum(one.score or 0 for one in view.prediction.labels) == pytest.approx(1.0)
    assert view.truth is None
    assert view.heatmap is None


def test_an_answer_shows_on_demand_what_speaks_for_it(trained: "Worked", shapes: Dataset, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "a")
    (folder.path / "answers").mkdir()
    picture = next((shapes.media / shapes.manifest.media_folder).iterdir())
    shutil.copy(picture, folder.path / "answers" / "one.png")
    question = {"path": "answers/one.png", "interpret": True}

    view = SampleView.model_validate(answer(Predictor.load(trained.folder / "bundle"), folder, question)["sample"])

    assert view.heatmap is not None
    assert view.heatmap.origin == "run"
    with Image.open(folder.path / "answers" / view.heatmap.path) as heatmap:
        assert heatmap.mode == "L"
        assert heatmap.getextrema()[1] > 200


def test_a_predicted_row_is_explained_with_its_truth(trained: "Worked", shapes: Dataset, tmp_path: Path) -> None:
    folder = RunFolder(order(tmp_path / "a", trained, None, table="", media=""))
    (folder.path / "answers").mkdir()
    predictor = Predictor.load(trained.folder / "bundle")
    row = int(pd.read_parquet(trained.folder / "predictions" / "validation_samples.parquet")["row"][2])
    question = {"row": row, "split": "validation", "interpret": True}

    view = SampleView.model_validate(answer(predictor, folder, question)["sample"])

    assert view.row == row
    assert view.truth is not None
    assert view.heatmap is not None
    assert (folder.path / "answers" / view.heatmap.path).is_file()
    with pytest.raises(DatasetError, match="no row 999999"):
        answer(predictor, folder, {"row": 999999, "split": "validation"})


def test_grids_show_what_speaks_for_answers_unless_switched_off(work: "Work") -> None:
    shown = work("shown", {"training.epochs": 0})
    hidden = work("hidden", {"training.epochs": 0, "training.run_interpretations": False})

    for done, is_shown in ((shown, True), (hidden, False)):
        for kind in ("best", "worst", "random"):
            for sample in read_json(done.folder / "insights" / f"validation-{kind}.json")["payload"]["samples"]:
                assert (sample["heatmap"] is not None) == is_shown
                if is_shown:
                    assert (done.folder / sample["heatmap"]["path"]).is_file()


def ask(folder: RunFolder, question: bytes) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        descriptor = os.open(folder.path, os.O_PATH)
        connection.connect(f"/proc/self/fd/{descriptor}/answer.sock")
        os.close(descriptor)
        connection.sendall(question)
        reply: dict[str, Any] = json.loads(connection.makefile("rb").readline())
        return reply


def test_the_socket_answers_errors_too_and_ends_when_asked_to(trained: "Worked", tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / ("long" * 30) / "a")
    (folder.path / "answers").mkdir()
    (folder.path / "answers" / "no.png").write_bytes(b"no picture")
    bundle = os.path.relpath(trained.folder / "bundle", folder.path)
    spec = RunSpec(
        kind=WorkerKind.ONLINE_INFERENCE,
        run_id="a",
        problem_type="image_classification",
        predict=PredictOrder(bundle=bundle),
    )
    reporter = Reporter(folder, 1, 1)
    thread = threading.Thread(target=serve_online_inference, args=(folder, spec, reporter, StopSignal(folder)))
    thread.start()
    while not folder.inference_socket.exists():
        thread.join(0.05)

    replies = [ask(folder, b'{"path": "answers/no.png"}\n'), ask(folder, b'{"path": "../a"}\n'), ask(folder, b"{}\n")]
    folder.stop.touch()
    thread.join(10)
    reporter.close()

    assert all(reply["error"]["message"] for reply in replies)
    assert not thread.is_alive()
    assert not folder.inference_socket.exists()


def test_inspecting_does_not_import_torch(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run").path
    RunSpec(kind=WorkerKind.INSPECT, run_id="i", problem_type="image_classification").write(folder)
    code = (
        "import sys; from pathlib import Path; from studio.training.worker import run_worker; "
        f"print(run_worker(Path({str(folder)!r}))); print('torch' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-2:] == ["1", "False"]
    assert events(folder)[-1].kind == "failed"
