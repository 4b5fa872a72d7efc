"""What a person sees of a row of texts, and which rows have a label."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.dataset import Dataset
from studio.datasets.texts.text_views import MAX_CHARACTERS
from studio.problems.registry import problem_type
from studio.results.prediction import ROW
from studio.results.sample_view import SampleView


def imported(import_files: Any, folder: Path, kind: str, rows: list[dict[str, Any]]) -> Dataset:
    folder.mkdir()
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data: Dataset = import_files(folder, {"problem_type": kind})
    return data


def views(data: Dataset) -> list[SampleView]:
    kind = problem_type(data.manifest.problem_type)
    records = data.table("train.jsonl").to_dict("records")
    return [kind.view_row({str(k): v for k, v in row.items()}, data.manifest.roles, ".") for row in records]


def test_entities_are_marked_where_they_stand(tmp_path: Path, import_files: Any) -> None:
    row = {"words": ["👍", "Anna", "Berg", "is", "in", "Köln"], "tags": ["O", "B-PER", "I-PER", "O", "O", "B-LOC"]}

    view = views(imported(import_files, tmp_path / "s", "text_token_classification", [row, row]))[0]

    block = view.texts[0]
    assert block.text == "👍 Anna Berg is in Köln"
    assert [(block.text[mark.start : mark.end], mark.label, mark.role) for mark in block.marks] == [
        ("Anna Berg", "PER", "truth"),
        ("Köln", "LOC", "truth"),
    ]


def test_the_answer_is_marked_in_its_context(tmp_path: Path, import_files: Any) -> None:
    rows = [
        {"question": "Who?", "context": "👍 Ben or Anna or Ben", "answer": "Ben", "answer_start": 17},
        {"question": "Where?", "context": "👍 Ben or Anna", "answer": "", "answer_start": None},
    ]

    first, second = views(imported(import_files, tmp_path / "s", "text_span_prediction", rows))

    assert [block.name for block in first.texts] == ["Question", "Context"]
    assert [(mark.start, mark.end) for mark in first.texts[1].marks] == [(17, 20)]
    assert first.truth is not None
    assert first.truth.text == "Ben"
    assert second.texts[1].marks == ()
    assert second.truth is not None
    assert second.truth.text == ""


def test_several_text_columns_stand_under_their_names(tmp_path: Path, import_files: Any) -> None:
    rows = [{"title": f"title number {n}", "body": f"body text number {n}", "label": "ab"[n % 2]} for n in range(8)]
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    roles = {"text_column": ["title", "body"], "label_columns": ["label"]}

    data = import_files(tmp_path / "s", {"problem_type": "text_classification", "roles": roles})

    view = views(data)[1]
    assert [(block.name, block.text) for block in view.texts] == [
        ("title", "title number 1"),
        ("body", "body text number 1"),
    ]
    assert view.title == "title number 1"
    assert view.truth is not None
    assert [one.label for one in view.truth.labels] == ["b"]


def test_numbers_and_texts_to_write_are_the_truth() -> None:
    row = {ROW: 3, "text": "some text", "one": 1.5, "two": float("nan"), "target": "another text"}

    numbers = problem_type("text_regression").view_row(
        row, {"text_column": ["text"], "label_columns": ["one", "two"]}, "."
    )
    written = problem_type("text_sequence_to_sequence").view_row(
        row, {"text_column": "text", "label_columns": "target"}, "."
    )

    assert numbers.truth is not None
    assert numbers.truth.values == {"one": 1.5}
    assert written.truth is not None
    assert written.truth.text == "another text"
    assert (written.row, written.title) == (3, "some text")


def test_a_text_of_10_mb_does_not_reach_the_page() -> None:
    row = {ROW: 1, "text": "x" * 10_000_000, "label": "a"}

    view = problem_type("text_classification").view_row(row, {"text_column": ["text"], "label_columns": ["label"]}, ".")

    assert len(view.texts[0].text) == MAX_CHARACTERS
    assert "20,000" in view.note
    assert len(view.model_dump_json()) < 2 * MAX_CHARACTERS


def test_rows_of_a_label_are_found() -> None:
    tags = pd.DataFrame({"label": [["B-PER", "O"], ["O", "O"], ["B-LOC", "I-LOC"]]})
    labels = pd.DataFrame({"label": ["a", "b", "a"]})

    tagged = problem_type("text_token_classification").find_label(tags, {"label_columns": "label"}, "LOC")
    single = problem_type("text_metric_learning").find_label(labels, {"label_columns": "label"}, "a")
    several = problem_type("text_classification").find_label(
        pd.DataFrame({"x": [1, 0], "y": [0, 1]}), {"label_columns": ["x", "y"]}, "y"
    )

    assert list(tagged) == [False, False, True]
    assert list(single) == [True, False, True]
    assert list(several) == [False, True]
