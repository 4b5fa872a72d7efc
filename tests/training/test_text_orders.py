"""What a worker says about rows that name no files: typed ones, predicted ones, and points of plots."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.workspace import import_example, make_run
from studio.datasets.dataset import Dataset
from studio.errors import DatasetError
from studio.files import write_json
from studio.results.insight import Insight, Scatter
from studio.results.sample_view import LabelAnnotation, NeighbourAnnotation, SampleView
from studio.runs.folder import RunFolder
from studio.runs.spec import PredictOrder, RunSpec, WorkerKind
from studio.scoring.input_checks import InputError
from studio.scoring.predictor import Predictor
from studio.settings.finding import Finding
from studio.training.online_inference import answer
from studio.training.outputs.insights import with_titles
from studio.training.worker import run_worker

SMALL = {
    "architecture.backbone": "scratch/bert-mini",
    "architecture.pretrained": False,
    "tokenizer.max_length": 32,
    "training.epochs": 1,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 0,
}


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return import_example("text_classification", tmp_path_factory.mktemp("datasets") / "requests")


@pytest.fixture(scope="module")
def trained(requests: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on texts."""
    folder = tmp_path_factory.mktemp("runs") / "model"
    make_run(folder, requests, SMALL, threads=1, seed=3)
    assert run_worker(folder) == 0
    return folder


def asking(folder: Path, trained: Path, problem_type: str = "text_classification") -> RunFolder:
    """The folder of an answer worker of the run."""
    run = RunFolder.create(folder)
    (run.path / "answers").mkdir()
    RunSpec(
        kind=WorkerKind.ONLINE_INFERENCE,
        run_id="a",
        problem_type=problem_type,
        predict=PredictOrder(bundle=os.path.relpath(trained / "bundle", folder), table="", media=""),
    ).write(folder)
    return run


def asked(trained: Path, folder: RunFolder, question: dict[str, Any]) -> SampleView:
    return SampleView.model_validate(answer(Predictor.load(trained / "bundle"), folder, question)["sample"])


def test_a_typed_row_is_answered_with_what_speaks_for_it(trained: Path, tmp_path: Path) -> None:
    folder = asking(tmp_path / "a", trained)
    text = "\U0001f44d will it <b>rain</b> in oslo"
    write_json(folder.path / "answers" / "one.json", {"text": text})

    view = asked(trained, folder, {"path": "answers/one.json", "interpret": True})

    [block] = view.texts
    assert block.text == text
    assert isinstance(view.prediction, LabelAnnotation)
    assert sum(one.score or 0 for one in view.prediction.labels) == pytest.approx(1, abs=1e-5)
    marks = [mark for mark in block.marks if mark.role == "importance"]
    assert marks
    assert all(0 <= mark.start < mark.end <= len(text) for mark in marks)


def test_a_predicted_row_is_explained_as_it_was_predicted(trained: Path, tmp_path: Path) -> None:
    folder = asking(tmp_path / "a", trained)
    table = pd.read_parquet(trained / "predictions" / "validation.parquet")
    row = int(pd.read_parquet(trained / "predictions" / "validation_samples.parquet")["row"][2])

    view = asked(trained, folder, {"row": row, "split": "validation", "interpret": True})

    assert (view.row, view.texts[0].text) == (row, table["text"][2])
    assert view.truth is not None
    assert any(mark.role == "importance" for mark in view.texts[0].marks)
    with pytest.raises(DatasetError, match="no row 999999"):
        asked(trained, folder, {"row": 999999, "split": "validation"})


def test_a_row_without_its_text_is_refused_with_the_columns_name(trained: Path, tmp_path: Path) -> None:
    folder = asking(tmp_path / "a", trained)
    write_json(folder.path / "answers" / "one.json", {"other": "words"})

    with pytest.raises(InputError, match="'text'"):
        asked(trained, folder, {"path": "answers/one.json"})


def predicting(folder: Path, trained: Path, table: str, **options: Any) -> RunFolder:
    """The folder of a predict worker of the run, with its table."""
    run = RunFolder.create(folder)
    (folder / "new.csv").write_text(table)
    order = PredictOrder(bundle=os.path.relpath(trained / "bundle", folder), table="new.csv", **options)
    RunSpec(kind=WorkerKind.PREDICT, run_id="p", problem_type="text_classification", predict=order).write(folder)
    return run


def told(folder: RunFolder) -> list[Finding]:
    """The findings of a prediction's summary, or of its failure."""
    lines = [json.loads(line) for line in (folder.path / "events.jsonl").read_text().splitlines()]
    found = [
        line.get("summary", line).get("findings", []) for line in lines if line["kind"] in ("predictions", "failed")
    ]
    return [Finding.model_validate(one) for findings in found for one in findings]


def test_a_blank_text_leaves_its_row_without_a_prediction_and_unknown_classes_are_counted(
    trained: Path, tmp_path: Path
) -> None:
    table = 'text,label\nWhere is my parcel?,dreadful\n"   ",dreadful\nThank you,dreadful\n'
    folder = predicting(tmp_path / "p", trained, table)

    assert run_worker(folder.path) == 0

    predicted = pd.read_csv(folder.path / "predictions" / "test.csv")
    assert predicted["pred_label"].notna().tolist() == [True, False, True]
    assert [one.rows for one in told(folder) if one.code == "bad_input"] == [(2,)]
    assert any("dreadful (2)" in one.message for one in told(folder) if one.code == "odd_rows")


def test_a_switch_refuses_a_table_with_a_row_that_cannot_be_predicted(trained: Path, tmp_path: Path) -> None:
    folder = predicting(tmp_path / "p", trained, 'text\nThank you\n"   "\n', refuse_bad_rows=True)

    assert run_worker(folder.path) != 0

    assert [(one.level.value, one.rows) for one in told(folder)] == [("error", (2,))]
    assert not (folder.path / "predictions" / "test.csv").exists()


def test_a_typed_row_is_compared_with_the_validation_rows_of_the_run(tmp_path: Path) -> None:
    dataset = import_example("text_metric_learning", tmp_path / "messages")
    make_run(tmp_path / "model", dataset, SMALL, threads=1, seed=3)
    assert run_worker(tmp_path / "model") == 0
    samples = pd.read_parquet(tmp_path / "model" / "predictions" / "validation_samples.parquet")
    known = [SampleView.model_validate_json(view) for view in samples["view"]]
    folder = asking(tmp_path / "a", tmp_path / "model", "text_metric_learning")
    write_json(folder.path / "answers" / "one.json", {"text": known[3].texts[0].text})

    view = asked(tmp_path / "model", folder, {"path": "answers/one.json"})

    assert isinstance(view.prediction, NeighbourAnnotation)
    first, *others = view.prediction.neighbours
    assert first.similarity == pytest.approx(1.0, abs=1e-3)
    assert first.text == known[3].texts[0].text
    assert isinstance(known[3].truth, LabelAnnotation)
    assert first.label == known[3].truth.labels[0].label
    assert len(others) == 4
    assert view.note == f"Compared with the {len(known)} validation rows of the run."
    assert {one.is_match for one in view.prediction.neighbours} == {None}


def test_a_service_answers_a_row_with_its_columns(trained: Path) -> None:
    from fastapi.testclient import TestClient

    from studio.scoring.template.serve import make_app

    client = TestClient(make_app(trained, None), base_url="http://127.0.0.1:8000")
    answer = client.post("/predict", json={"text": "play some jazz"}).json()

    assert client.get("/about").json()["input"] == "a JSON object of column names and values"
    likeliest = answer["prediction"]["labels"][0]["label"]
    assert answer["columns"]["pred_label"] == likeliest
    assert answer["texts"][0]["text"] == "play some jazz"
    assert client.post("/predict", json={"other": "x"}).status_code == 422


def test_points_of_a_plot_say_what_they_are() -> None:
    plot = Scatter(x_label="x", y_label="y", x=(1, 2), y=(3, 4), rows=(7, 9))
    insight = Insight(key="map", group="test", title="Map", how_to_read="Look.", payload=plot)

    named = with_titles(insight, {7: "seven", 8: "eight"})

    assert isinstance(named.payload, Scatter)
    assert named.payload.titles == ("seven", "")
    assert with_titles(named, {7: "other"}) == named
