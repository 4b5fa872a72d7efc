"""CSV files as spreadsheets, pandas and databases write them: what is meant is read, and said."""

from pathlib import Path

import pytest

from studio.datasets.tables.csv_table import read_csv_table
from studio.datasets.tables.parsed_table import RawTable
from studio.errors import DatasetError


def read(tmp_path: Path, text: str, name: str = "train.csv") -> RawTable:
    (tmp_path / name).write_text(text, newline="")
    return read_csv_table(tmp_path / name, name)


def codes(table: RawTable) -> set[str]:
    return {one.code for one in table.findings}


@pytest.mark.parametrize("numbers", [("0", "1", "2"), ("7", "3", "12")])
def test_an_index_without_a_name_is_left_out_and_said(numbers: tuple[str, ...], tmp_path: Path) -> None:
    rows = "".join(f"{number},text {number},good\n" for number in numbers)

    table = read(tmp_path, f",text,label\n{rows}")

    assert list(table.frame.columns) == ["text", "label"]
    assert table.frame["text"].tolist() == [f"text {number}" for number in numbers]
    assert codes(table) == {"index_column"}


def test_columns_without_name_and_values_are_left_out_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, "text,label,,\na,good,,\nb,bad,,\n")

    assert list(table.frame.columns) == ["text", "label"]
    assert codes(table) == {"empty_column"}


@pytest.mark.parametrize("cells", ["x,a,good\ny,b,bad\n", "1,a,good\n1,b,bad\n"])
def test_a_column_of_values_without_a_name_is_refused(cells: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="column 1 has no name"):
        read(tmp_path, f",text,label\n{cells}")


@pytest.mark.parametrize("line", ["sep=;\r\n", "SEP=;\n", "sep=; \n"])
def test_the_separator_that_a_spreadsheet_declares_is_used(line: str, tmp_path: Path) -> None:
    table = read(tmp_path, f"{line}text;label\na, b;good\nc;bad\n")

    assert table.frame.to_dict("list") == {"text": ["a, b", "c"], "label": ["good", "bad"]}


def test_quotes_escaped_by_backslashes_are_read_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, 'text,label\n"He said \\"no\\", and left",good\nplain,bad\n')

    assert table.frame["text"].tolist() == ['He said "no", and left', "plain"]
    assert codes(table) == {"backslash_quotes"}


def test_a_backslash_before_a_closing_quote_is_a_sign_where_the_table_fits(tmp_path: Path) -> None:
    table = read(tmp_path, 'path,label\n"C:\\data\\",good\n"D:\\",bad\n')

    assert table.frame["path"].tolist() == ["C:\\data\\", "D:\\"]
    assert codes(table) == set()


def test_quotes_that_are_signs_swallow_no_rows(tmp_path: Path) -> None:
    text = 'text\tlabel\n"Open in front only\tbad\nplain\tgood\nends here with a sign"\tgood\nlast\tbad\n'

    table = read(tmp_path, text, "train.tsv")

    assert table.frame["text"].tolist() == ['"Open in front only', "plain", 'ends here with a sign"', "last"]
    assert codes(table) == {"quotes_are_signs"}


def test_line_ends_and_separators_inside_quotes_stay_one_cell(tmp_path: Path) -> None:
    table = read(tmp_path, 'text,label\n"first, line\nsecond line",good\nother,bad\n')

    assert table.frame["text"].tolist() == ["first, line\nsecond line", "other"]
    assert codes(table) == set()


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-Infinity"])
def test_what_is_no_finite_number_is_missing_beside_numbers_and_said(cell: str, tmp_path: Path) -> None:
    table = read(tmp_path, f"text,score\na,0.5\nb,{cell}\nc,2\n")

    assert table.kinds["score"] == "number"
    assert table.frame["score"].isna().tolist() == [False, True, False]
    assert [(one.code, one.rows) for one in table.findings] == [("not_finite", (2,))]


def test_beside_words_it_is_a_word(tmp_path: Path) -> None:
    table = read(tmp_path, "text,label\na,nan\nb,good\n")

    assert table.frame["label"].tolist() == ["nan", "good"]
    assert codes(table) == set()
