"""Texts with classes as annotation tools export them: the classes that were chosen are read back."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.datasets.importers.labelled_texts import LabelledText, labelled_text

TEXTS = [f"The soup was warm {number}" for number in range(8)]
ONE = [["good"] if number % 2 else ["bad"] for number in range(8)]
SEVERAL = [["good", "food"] if number % 2 else ["bad"] for number in range(7)] + [[]]
Entry = Callable[[str, list[str]], Any]


def doccano(text: str, classes: list[str]) -> Any:
    return {"id": 1, "text": text, "label": classes, "Comments": []}


def prodigy(text: str, classes: list[str]) -> Any:
    return {"text": text, "options": [{"id": "good"}, {"id": "bad"}], "accept": classes, "answer": "accept"}


def label_studio(text: str, classes: list[str]) -> Any:
    result = {"type": "choices", "from_name": "mood", "to_name": "text", "value": {"choices": classes}}
    return {"id": 1, "data": {"text": text}, "annotations": [{"result": [result] if classes else []}]}


def fasttext(text: str, classes: list[str]) -> Any:
    return " ".join([*(f"__label__{one}" for one in classes), text])


TOOLS: dict[str, tuple[Entry, str]] = {
    "doccano": (doccano, "all.jsonl"),
    "doccano, array": (doccano, "all.json"),
    "prodigy": (prodigy, "all.jsonl"),
    "label studio": (label_studio, "project.json"),
    "fasttext": (fasttext, "train.txt"),
}


def write(folder: Path, tool: str, classes: list[list[str]], more: tuple[Any, ...] = ()) -> Path:
    entry, name = TOOLS[tool]
    entries = [*(entry(text, found) for text, found in zip(TEXTS, classes, strict=True)), *more]
    lines = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in entries)
    (folder / name).write_text(json.dumps(entries) if name.endswith(".json") else lines)
    return folder / name


@pytest.mark.parametrize("tool", TOOLS)
def test_a_class_a_text_becomes_a_column_of_classes(tool: str, tmp_path: Path, import_files: Any) -> None:
    data = import_files(write(tmp_path, tool, ONE))

    frame = data.table("train.parquet")
    assert data.manifest.problem_type == "text_classification"
    assert list(zip(frame["text"], frame["label"], strict=True)) == [
        (text, one) for text, (one,) in zip(TEXTS, ONE, strict=True)
    ]


@pytest.mark.parametrize("tool", [one for one in TOOLS if one != "fasttext"])
def test_several_classes_become_columns_of_0_and_1(tool: str, tmp_path: Path, import_files: Any) -> None:
    data = import_files(write(tmp_path, tool, SEVERAL))

    frame = data.table("train.parquet")
    assert sorted(data.manifest.roles["label_columns"]) == ["bad", "food", "good"]
    for name in ("bad", "food", "good"):
        assert list(frame[name]) == [int(name in found) for found in SEVERAL]


def test_what_was_rejected_or_not_annotated_is_left_out_and_counted(tmp_path: Path, import_files: Any) -> None:
    more = (
        {**prodigy("No", ["good"]), "answer": "reject"},
        {**prodigy("Skipped", []), "answer": "ignore"},
        {**prodigy("Nobody", []), "accept": None},
    )

    data = import_files(write(tmp_path, "prodigy", ONE, more))

    codes = {one.code: one for one in data.findings()}
    assert len(data.table("train.parquet")) == len(TEXTS)
    assert (codes["rejected"].count, codes["unannotated"].count) == (2, 1)


@pytest.mark.parametrize("asked", [["good"], ["good", "food"]])
def test_accepted_texts_are_of_the_class_that_was_asked_about(
    asked: list[str], tmp_path: Path, import_files: Any
) -> None:
    answers = ["accept", "reject", "accept", "accept", "reject", "accept", "ignore", "accept"]
    rows = [
        {"text": text, "label": asked[place % len(asked)], "answer": answer}
        for place, (text, answer) in enumerate(zip(TEXTS, answers, strict=True))
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, rows)))

    data = import_files(tmp_path / "all.jsonl")

    frame, codes = data.table("train.parquet"), {one.code: one for one in data.findings()}
    is_binary = len(asked) == 1
    other = {"accept": "{}", "reject": "not {}"} if is_binary else {"accept": "{}"}
    assert list(zip(frame["text"], frame["label"], strict=True)) == [
        (row["text"], other[row["answer"]].format(row["label"])) for row in rows if row["answer"] in other
    ]
    assert codes["rejected"].count == (1 if is_binary else 3)
    assert ("asked_class" in codes) is is_binary


def test_texts_that_were_written_are_no_classes(tmp_path: Path, scan_files: Any) -> None:
    source = write(tmp_path, "doccano", [[text[::-1]] for text in TEXTS])

    assert "labelled_texts" not in [one.id for one in scan_files(source).formats]


classes = st.lists(st.text("abcé-_", min_size=1, max_size=5), max_size=3, unique=True)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(chosen=classes, tool=st.sampled_from(["doccano", "prodigy", "label studio"]))
def test_generated_classes_are_read_back(chosen: list[str], tool: str) -> None:
    row = labelled_text(TOOLS[tool][0]("A text of some words", chosen))

    assert row is not None
    assert row.classes == tuple(chosen)
    if chosen:
        assert labelled_text(fasttext("A text", chosen)) == LabelledText("A text", tuple(chosen))


def test_classes_that_a_csv_joins_by_a_sign_are_named_in_a_warning(tmp_path: Path, import_files: Any) -> None:
    """As the CSV export of doccano, which writes several classes of a text as food#mood."""
    classes = ["food#mood", "mood", "food#place", "place"] * 3
    lines = [f"{TEXTS[place % 8]} {place},{one}" for place, one in enumerate(classes)]
    (tmp_path / "all.csv").write_text("\n".join(["text,label", *lines]))

    data = import_files(tmp_path / "all.csv", {"problem_type": "text_classification"})

    [said] = [one for one in data.findings() if one.code == "joined_labels"]
    assert said.level.value == "warning"
    assert "food#mood" in f"{said.message} {said.found} {said.examples}"
