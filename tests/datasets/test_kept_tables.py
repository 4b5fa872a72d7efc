"""A table is read once, and is the same table ever after."""

import csv
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.workspace import Silent
from studio.datasets.tables.kept_tables import kept_beside, read_table_once
from studio.datasets.tables.table import read_table
from studio.files import write_json
from studio.importing.build import ImportOrder, make_dataset
from studio.importing.scan import scan, scan_files
from studio.problems.registry import problem_type

CSV = (
    'text,whole,number,lists,mixed,empty,="odd"\n'
    ' ünï \u2028cöde ,1,1.5,"[1, 2]",007,,a\n'
    '"line\nend",,,"[]",x,,b\n'
    '"NA",-3,1e+05,"[""a"", null, 1.5]",12,,\n'
    '"",9007199254740992,.5,,12,,d\n'
)
JSONL = '{"text": "a", "label": ["x", "y"], "n": 1}\n{"text": "b", "label": null, "n": 2}\n'


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of files with a place for what is kept."""
    (tmp_path / "files").mkdir()
    kept_beside(tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a CSV is read."""
    count: list[int] = []
    original = csv.reader

    def reader(*words: Any, **more: Any) -> Any:
        count.append(1)
        return original(*words, **more)

    monkeypatch.setattr(csv, "reader", reader)
    return count


@pytest.mark.parametrize(("name", "content"), [("t.csv", CSV), ("t.tsv", CSV.replace(",", "\t")), ("t.jsonl", JSONL)])
def test_a_kept_table_is_that_of_the_file(files: Path, name: str, content: str) -> None:
    (files / name).write_text(content)
    plain = read_table(files / name, name)

    first = read_table_once(files / name, name, kept_beside(files))
    again = read_table_once(files / name, name, kept_beside(files))

    assert len(list(kept_beside(files).iterdir())) == 1
    for one in (first, again):
        pd.testing.assert_frame_equal(one.frame, plain.frame)
        assert (one.name, one.kinds, one.findings) == (plain.name, plain.kinds, plain.findings)
        for column, kind in plain.kinds.items():
            if kind == "list":
                assert [type(cell) for cell in one.frame[column]] == [type(cell) for cell in plain.frame[column]]
                assert list(one.frame[column]) == list(plain.frame[column])


def test_a_changed_file_is_read_again(files: Path, readings: list[int]) -> None:
    table = files / "t.csv"
    table.write_text("a,b\n1,2\n")
    read_table_once(table, "t.csv", kept_beside(files))
    table.write_text("a,b\n1,3\n")
    os.utime(table, ns=(1, 1))

    assert list(read_table_once(table, "t.csv", kept_beside(files)).frame["b"]) == [3]
    assert len(readings) == 2


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_damaged_copy_is_no_copy(files: Path, content: bytes) -> None:
    (files / "t.csv").write_text(CSV)
    read_table_once(files / "t.csv", "t.csv", kept_beside(files))
    [kept] = kept_beside(files).iterdir()
    kept.write_bytes(content)

    again = read_table_once(files / "t.csv", "t.csv", kept_beside(files))

    pd.testing.assert_frame_equal(again.frame, read_table(files / "t.csv", "t.csv").frame)


def test_an_import_reads_each_csv_once(tmp_path: Path, readings: list[int]) -> None:
    """It looks, looks again with a choice, and makes the dataset."""
    kind = problem_type("text_regression")
    source, folder = tmp_path / "source", tmp_path / "import"
    source.mkdir()
    folder.mkdir()
    kind.make_example(source)
    tables = len(list(source.glob("*.csv")))
    write_json(folder / "request.json", {"source": str(source), "source_name": "source", "choices": None})

    found = scan(folder)
    write_json(
        folder / "request.json",
        {"source": str(source), "source_name": "source", "choices": {"problem_type": kind.id}},
    )
    again = scan(folder)
    order = ImportOrder(
        files=folder / "files",
        target=tmp_path / "dataset",
        dataset_id="d",
        name="d",
        problem_type=kind,
        tables=again.choices.tables(),
        media_folder=".",
        roles={role.name: again.choices.roles[role.name] for role in kind.roles if again.choices.roles.get(role.name)},
    )
    made = make_dataset(order, Silent())

    assert found.state == again.state == "ready"
    assert len(readings) == tables > 1
    plain = scan_files(source, {"problem_type": kind.id})
    assert again.model_dump() == plain.model_dump()
    assert made.manifest.tables[0].rows == 120
