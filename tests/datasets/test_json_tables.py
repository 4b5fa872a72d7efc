"""JSON documents that are tables, however programs write their rows; other JSON is none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.datasets.tables.table import read_table
from studio.errors import DatasetError

ROWS = [{"text": f"The soup was warm {n}", "label": "good" if n % 2 else "bad"} for n in range(8)]
WRITERS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "array": json.dumps,
    "indented": lambda rows: json.dumps(rows, indent=0, ensure_ascii=False),
    "under a key": lambda rows: json.dumps({"version": "1", "data": rows}),
    "lines": lambda rows: "\n".join(json.dumps(row) for row in rows),
    "pandas columns": lambda rows: pd.DataFrame(rows).to_json(),
    "pandas split": lambda rows: pd.DataFrame(rows).to_json(orient="split"),
    "pandas table": lambda rows: pd.DataFrame(rows).to_json(orient="table", index=False),
    "pandas records": lambda rows: pd.DataFrame(rows).to_json(orient="records"),
}


@pytest.mark.parametrize("way", WRITERS)
def test_rows_are_read_however_they_are_written(way: str, tmp_path: Path, import_files: Any) -> None:
    (tmp_path / "moods.json").write_text(WRITERS[way](ROWS))

    data = import_files(tmp_path / "moods.json")

    assert data.manifest.problem_type == "text_classification"
    assert list(data.table("moods.json")["text"]) == [row["text"] for row in ROWS]


cells = st.one_of(st.none(), st.text(max_size=6))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.fixed_dictionaries({"a": cells, "b": st.integers(-9, 9)}), min_size=2, max_size=6),
    way=st.sampled_from([one for one in WRITERS if "pandas" not in one]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_generated_rows_are_read_back(
    rows: list[dict[str, Any]], way: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("table") / "a.json"
    file.write_bytes(WRITERS[way](rows).encode(encoding, "surrogatepass"))

    frame = read_table(file, "a.json").frame

    assert list(frame["b"]) == [row["b"] for row in rows]
    assert [None if pd.isna(cell) else cell for cell in frame["a"]] == [row["a"] or None for row in rows]


@pytest.mark.parametrize(
    "document", ['{"name": "a"}', "[1, 2]", "[]", "{}", '"a"', '[{"a": 1}', '{"a": [1], "b": [2]}']
)
def test_other_documents_are_no_tables(document: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(document)

    with pytest.raises(DatasetError) as caught:
        read_table(tmp_path / "a.json", "a.json")

    assert caught.value.code == "not_rows"


def test_other_json_beside_a_table_is_no_finding(tmp_path: Path, scan_files: Any) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "config.json").write_text('{"name": "a"}')
    pd.DataFrame(ROWS).to_csv(tmp_path / "s" / "train.csv", index=False)

    result = scan_files(tmp_path / "s")

    assert [one.name for one in result.tables] == ["train.csv"]
    assert result.findings == []


def test_rows_of_json_may_name_pictures(tmp_path: Path, scan_files: Any) -> None:
    from PIL import Image

    (tmp_path / "s").mkdir()
    for n in range(6):
        Image.new("RGB", (32, 32), (n * 30, 0, 0)).save(tmp_path / "s" / f"{n}.png")
    rows = [{"file": f"{n}.png", "label": "red" if n > 2 else "black"} for n in range(6)]
    (tmp_path / "s" / "labels.json").write_text(json.dumps(rows))

    assert scan_files(tmp_path / "s").choices.problem_type == "image_classification"
