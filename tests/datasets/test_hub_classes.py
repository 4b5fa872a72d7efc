"""Names of classes in the schema of a parquet file stand in place of its numbers."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.datasets.tables.parquet_table import read_parquet_table
from studio.datasets.tables.parsed_table import RawTable

NAMES = ["sad", "glad", "mad"]
CLASS = {"names": NAMES, "_type": "ClassLabel"}


def read(tmp_path: Path, columns: dict[str, Any], features: dict[str, Any]) -> RawTable:
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    pq.write_table(pa.table(columns).replace_schema_metadata(told), tmp_path / "train.parquet")
    return read_parquet_table(tmp_path / "train.parquet", "train.parquet")


def test_numbers_become_the_names_that_the_schema_gives(tmp_path: Path) -> None:
    table = read(
        tmp_path, {"label": [2, 0, None, -1, 1], "n": [1, 2, 3, 4, 5]}, {"label": CLASS, "n": {"_type": "Value"}}
    )

    assert table.frame["label"].fillna("").tolist() == ["mad", "sad", "", "", "glad"]
    assert (table.kinds["label"], table.kinds["n"]) == ("text", "integer")
    assert [(one.code, one.found) for one in table.findings] == [("class_names", "sad, glad, mad")]


def test_numbers_in_lists_become_names(tmp_path: Path) -> None:
    table = read(tmp_path, {"tags": [[0, 1], [2]]}, {"tags": {"feature": CLASS, "_type": "Sequence"}})

    assert table.frame["tags"].tolist() == [["sad", "glad"], ["mad"]]


def test_a_number_without_a_name_is_missing_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, {"label": [0, 7]}, {"label": CLASS})

    assert table.frame["label"].isna().tolist() == [False, True]
    assert [one.rows for one in table.findings if one.code == "class_number"] == [(2,)]


def test_a_schema_that_tells_something_else_changes_nothing(tmp_path: Path) -> None:
    for features in ({"label": {"names": "sad", "_type": "ClassLabel"}}, {"label": [1]}, {}):
        assert read(tmp_path, {"label": [0, 1]}, features).frame["label"].tolist() == [0, 1]


@pytest.mark.parametrize("kind", ["Sequence", "List"])
def test_tags_of_words_are_imported_by_the_names_of_the_schema(kind: str, tmp_path: Path, import_files: Any) -> None:
    tags = {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}
    features = {"tokens": {"feature": {"_type": "Value"}, "_type": kind}, "ner_tags": {"feature": tags, "_type": kind}}
    columns = {"tokens": [["Anna", "Holt", "ran"], ["It", "rained"]], "ner_tags": [[1, 2, 0], [0, 0]]}
    read(tmp_path, columns, features)

    data = import_files(tmp_path / "train.parquet")

    assert data.manifest.problem_type == "text_token_classification"
    frame = data.table("train.parquet")
    assert [list(one) for one in frame["ner_tags"]] == [["B-PER", "I-PER", "O"], ["O", "O"]]
