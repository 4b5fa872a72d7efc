"""Tables, good and bad: rows E1, E2, E16 to E44."""

from pathlib import Path

import pandas as pd
import pytest

from studio.datasets.tables.list_parsing import CellError, parse_list
from studio.datasets.tables.table import RawTable, profile_column, read_table
from studio.errors import DatasetError


def read(tmp_path: Path, data: str | bytes, name: str = "t.csv") -> RawTable:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(path, name)


def test_words_that_pandas_takes_for_missing_stay_words(tmp_path: Path) -> None:
    table = read(tmp_path, "image,label\na,NA\nb,None\nc,null\nd,nan\ne,\n")

    assert table.frame["label"].tolist()[:4] == ["NA", "None", "null", "nan"]
    assert table.frame["label"].isna().tolist() == [False] * 4 + [True]


@pytest.mark.parametrize("cells", [["001", "002"], ["1_000", "2"], ["0x1F", "3"], ["01", "1"], [str(2**60), "1"]])
def test_ids_stay_text_byte_by_byte(tmp_path: Path, cells: list[str]) -> None:
    table = read(tmp_path, "id\n" + "\n".join(cells) + "\n")

    assert table.kinds["id"] == "text"
    assert table.frame["id"].tolist() == cells


def test_kinds_are_found_over_all_rows(tmp_path: Path) -> None:
    rows = "\n".join(["1,1.5,x"] * 500 + ["2,abc,y"])

    table = read(tmp_path, f"a,b,c\n{rows}\n")

    assert table.kinds == {"a": "integer", "b": "text", "c": "text"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, delimiter: str) -> None:
    table = read(tmp_path, f"a{delimiter}b\n1{delimiter}2\n")

    assert list(table.frame.columns) == ["a", "b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(tmp_path: Path, end: str) -> None:
    assert len(read(tmp_path, end.join(["a,b", "1,2", "3,4", ""])).frame) == 2


def test_a_longer_first_row_is_refused_and_not_shifted(tmp_path: Path) -> None:
    table = read(tmp_path, "image,label\na,b,c\nd,e\n")

    finding = table.findings[0]
    assert finding.blocks
    assert (finding.rows, finding.found, finding.expected) == ((1,), "3 values", "2 values")


def test_rows_of_the_wrong_length_are_listed(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n1,2\n3\n4,5\n6,7,8\n")

    assert table.findings[0].rows == (2, 4)
    assert table.findings[0].count == 2


def test_a_line_end_inside_quotes_is_text(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n"one\ntwo",3\n')

    assert table.frame["a"].tolist() == ["one\ntwo"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>login</html>", "web page"),
        (b"a,b\n", "no rows"),
        (b"a,a\n1,2\n", "more than once"),
        (b"a,\n1,2\n", "no name"),
        (b'a,b\n"1,2\n3,4\n', "cannot be read"),
        (b"a,b\n1,\x002\n", "binary"),
        (b"PK\x03\x04rest", "Excel or zip"),
        (b"__row,b\n1,2\n", "__row"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(DatasetError, match=words) as error:
        read(tmp_path, data)

    assert error.value.hint


def test_a_csv_named_parquet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a parquet"):
        read(tmp_path, "a,b\n1,2\n", "t.parquet")


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": range(1000)}).to_parquet(tmp_path / "good.parquet")
    data = (tmp_path / "good.parquet").read_bytes()

    with pytest.raises(DatasetError, match="parquet"):
        read(tmp_path, data[: len(data) // 2], "t.parquet")


@pytest.mark.parametrize(("encoding", "word"), [("utf-8-sig", "naïve"), ("utf-16", "naïve"), ("cp1252", "naïve")])
def test_other_encodings_are_read_and_said(tmp_path: Path, encoding: str, word: str) -> None:
    table = read(tmp_path, f"image,label\na,{word}\n".encode(encoding))

    assert table.frame["label"].tolist() == [word]
    assert bool(table.findings) is (encoding != "utf-8-sig")


def test_parquet_lists_and_missing_values_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"image": ["a", "b"], "x": [[1.5, 2.0], []], "n": pd.array([1, None], dtype="Int64")})
    frame.to_parquet(tmp_path / "t.pq")

    table = read_table(tmp_path / "t.pq", "t.pq")

    assert table.kinds == {"image": "text", "x": "list", "n": "integer"}
    assert [list(cell) for cell in table.frame["x"]] == [[1.5, 2.0], []]


def test_json_lines_are_a_table(tmp_path: Path) -> None:
    table = read(tmp_path, '{"image": "a", "boxes": [1, 2]}\n{"image": "b", "boxes": []}\n', "t.jsonl")

    assert table.kinds == {"image": "text", "boxes": "list"}


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("[1, 2]", [1, 2]),
        ("['a', 'b']", ["a", "b"]),
        ('["a"]', ["a"]),
        ("[1 2 3]", [1, 2, 3]),
        ("[1.5 2.]", [1.5, 2.0]),
        ("(1, 2)", [1, 2]),
        ("[]", []),
        ("[None]", None),
        ("[nan]", None),
        ("[NaN, 1]", None),
        ("[1e999]", None),
        ("[[1]]", None),
        ("[__import__('os').system('true')]", None),
        ("[().__class__]", None),
        ("{'a': 1}", None),
        ("[1, 2", None),
        ("[" * 5000 + "]" * 5000, None),
    ],
)
def test_list_cells_are_parsed_and_never_evaluated(cell: str, values: list[object] | None) -> None:
    if values is None:
        with pytest.raises(CellError):
            parse_list(cell)
    else:
        assert parse_list(cell) == values


def test_a_column_profile_counts_all_rows() -> None:
    column = profile_column(pd.Series(["a", "b", "a", None], name="label"), "text")

    assert (column.missing, column.distinct, column.top[0]) == (1, 2, ("a", 2))
