"""What a person sees of a row of texts, and which rows have a label."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.dataset import Dataset
from studio.datasets.texts.text_views import MAX_CHARACTERS
from studio.problems.registry import problem_type
from studio.results.prediction import ROW
from studio.results.sample_view import (
    LabelAnnotation,
    LabelScore,
    SampleView,
    SpanAnnotation,
    TextAnnotation,
    TextSpan,
    ValueAnnotation,
)


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
    assert isinstance(view.truth, SpanAnnotation)
    assert [(block.text[one.start : one.end], one.label) for one in view.truth.spans] == [
        ("Anna Berg", "PER"),
        ("Köln", "LOC"),
    ]


def test_the_answer_is_marked_in_its_context(tmp_path: Path, import_files: Any) -> None:
    rows = [
        {"question": "Who?", "context": "👍 Ben or Anna or Ben", "answer": "Ben", "answer_start": 17},
        {"question": "Where?", "context": "👍 Ben or Anna", "answer": "", "answer_start": None},
    ]

    first, second = views(imported(import_files, tmp_path / "s", "text_span_prediction", rows))

    assert [block.name for block in first.texts] == ["Question", "Context"]
    assert first.truth == SpanAnnotation(spans=(TextSpan(block=1, start=17, end=20),), answer="Ben")
    assert second.truth == SpanAnnotation(answer="")


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
    assert view.truth == LabelAnnotation(labels=(LabelScore(label="b"),))


def test_numbers_and_texts_to_write_are_the_truth() -> None:
    row = {ROW: 3, "text": "some text", "one": 1.5, "two": float("nan"), "target": "another text"}

    numbers = problem_type("text_regression").view_row(
        row, {"text_column": ["text"], "label_columns": ["one", "two"]}, "."
    )
    written = problem_type("text_sequence_to_sequence").view_row(
        row, {"text_column": "text", "label_columns": "target"}, "."
    )

    assert numbers.truth == ValueAnnotation(values={"one": 1.5})
    assert written.truth == TextAnnotation(text="another text")
    assert (written.row, written.title) == (3, "some text")


def test_a_text_of_10_mb_does_not_reach_the_page() -> None:
    row = {ROW: 1, "text": "x" * 10_000_000, "label": "a"}

    view = problem_type("text_classification").view_row(row, {"text_column": ["text"], "label_columns": ["label"]}, ".")

    assert len(view.texts[0].text) == MAX_CHARACTERS
    assert "20,000" in view.note
    assert len(view.model_dump_json()) < 2 * MAX_CHARACTERS


def test_a_span_behind_what_is_shown_of_a_text_does_not_reach_the_page() -> None:
    row = {ROW: 1, "words": ["a", "x" * MAX_CHARACTERS, "b"], "tags": ["B-A", "O", "B-B"]}

    view = problem_type("text_token_classification").view_row(
        row, {"text_column": "words", "label_columns": "tags"}, "."
    )

    assert view.truth == SpanAnnotation(spans=(TextSpan(start=0, end=1, label="A"),))


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
