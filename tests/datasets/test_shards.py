"""Tables in several files are read whole, whoever split them, and what is missing is said."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.datasets.tables.shards import parts_among, read_whole_table, without_later_parts
from studio.errors import DatasetError

NAMINGS = [
    "train-{number:05d}-of-{count:05d}.parquet",
    "data/train-{number:05d}-of-{count:05d}-0a1b2c3d4e5f6071.parquet",
    "part-{number:05d}-6f0f2c1e-1111-2222-3333-444455556666-c000.csv",
    "train_part{number}.csv",
    "Train Part {number}.jsonl",
]


@given(st.sampled_from(NAMINGS), st.integers(2, 12), st.randoms())
def test_parts_are_one_table_in_the_order_of_their_numbers(naming: str, count: int, random: object) -> None:
    parts = [naming.format(number=number, count=count) for number in range(count)]
    others = ["test.csv", "validation-00000-of-00001.parquet", "labels.csv", "partner.csv"]
    names = [*parts, *others]
    random.shuffle(names)  # type: ignore[attr-defined]

    assert all(parts_among(part, names) == tuple(parts) for part in parts)
    assert sorted(without_later_parts(names)) == sorted([parts[0], *others])


@pytest.mark.parametrize(
    "names",
    [
        ("a-00000-of-00002.parquet", "b-00001-of-00002.parquet"),
        ("train_part1.csv", "test_part2.csv"),
        ("x/part-0.csv", "y/part-1.csv"),
        ("part1.csv", "part1.jsonl"),
        ("train-00000-of-00002.parquet", "train-00000-of-00003.parquet"),
    ],
)
def test_files_of_other_tables_are_no_parts(names: Sequence[str]) -> None:
    assert without_later_parts(names) == list(names)


def test_rows_of_all_parts_are_there_with_one_kind_a_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2], "t": ["a", "b"]}), tmp_path / "train-00000-of-00002.parquet")
    pq.write_table(pa.table({"t": ["c"], "n": [2.5]}), tmp_path / "train-00001-of-00002.parquet")

    table = read_whole_table(tmp_path, "train-00000-of-00002.parquet")

    assert table.frame["n"].tolist() == [1.0, 2.0, 2.5]
    assert table.frame["t"].tolist() == ["a", "b", "c"]
    assert table.kinds == {"n": "number", "t": "text"}
    assert [one.code for one in table.findings] == ["parts_joined"]


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    for number in (0, 2):
        pd.DataFrame({"a": [number, 1]}).to_csv(tmp_path / f"train-{number:05d}-of-00003.csv", index=False)

    findings = read_whole_table(tmp_path, "train-00000-of-00003.csv").findings

    assert [(one.code, one.expected) for one in findings if one.level == "warning"] == [("missing_part", "part 1, too")]


def test_parts_with_other_columns_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "train_part1.csv").write_text("text,label\na,b\n")
    (tmp_path / "train_part2.csv").write_text("words,label\na,b\n")

    with pytest.raises(DatasetError, match=r"train_part2\.csv"):
        read_whole_table(tmp_path, "train_part1.csv")
