"""CSV files as spreadsheets, pandas and databases write them: what is meant is read, and said."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_quote_that_is_a_sign_in_the_last_column_swallows_no_rows(tmp_path: Path) -> None:
    rows = "".join(f"good\ttext {number}\n" for number in range(3))

    table = read(tmp_path, f'label\ttext\nbad\t"open\n{rows}bad\tclosed"\n', "train.tsv")

    assert table.frame["text"].tolist() == ['"open', "text 0", "text 1", "text 2", 'closed"']
    assert codes(table) == {"quotes_are_signs"}


def test_a_first_row_like_all_others_is_a_row_and_said(tmp_path: Path) -> None:
    table = read(tmp_path, "The soup was warm,good\nThe train was late,bad\nA walk by the lake,good\n")

    assert table.frame.to_dict("list") == {
        "column_1": ["The soup was warm", "The train was late", "A walk by the lake"],
        "column_2": ["good", "bad", "good"],
    }
    (finding,) = table.findings
    assert (finding.code, "The soup was warm" in finding.message) == ("header_like_data", True)


@pytest.mark.parametrize(
    "text",
    [
        "text,label\nThe soup was warm,good\nThe train was late,bad\n",
        "text,label\ntext,label\nThe soup was warm,good\n",  # two files joined with their headers
        "How was the soup that day?,rating\nquite warm,2\ncold,1\n",
        "0,1,label\n5.1,3.5,good\n4.9,3.0,bad\n",  # names that pandas gives
    ],
)
def test_names_of_columns_stay_names(text: str, tmp_path: Path) -> None:
    assert list(read(tmp_path, text).frame.columns) == text.split("\n", 1)[0].split(",")


@given(st.lists(st.text("abcdefg ,;äß!", min_size=1).filter(lambda text: text.strip(" ,;")), min_size=2, max_size=8))
def test_texts_below_one_name_are_whole_however_many_commas_they_have(texts: list[str]) -> None:
    texts = [" ".join(text.split()) for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        lengths = {text.count(",") for text in texts}
        if len(lengths) > 1:
            table = read(Path(folder), "text\n" + "".join(f"{text}\n" for text in texts))

            assert table.frame["text"].tolist() == [text.strip() for text in texts]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["0,5", "-1,25", "12"], [0.5, -1.25, 12.0]),
        (["1.234,5", "0,25"], [1234.5, 0.25]),
        (["1,234", "0,5"], [1.234, 0.5]),
    ],
)
def test_decimal_commas_are_read_where_no_comma_separates(
    cells: list[str], numbers: list[float], tmp_path: Path
) -> None:
    table = read(tmp_path, "text;score\n" + "".join(f"a;{cell}\n" for cell in cells))

    assert table.frame["score"].tolist() == numbers
    assert codes(table) == {"decimal_comma"}


@pytest.mark.parametrize("text", ["score;a\n1,234;b\n5,678;c\n", 'score,a\n"0,5",b\n"1,5",c\n'])
def test_commas_that_may_mean_something_else_stay_and_are_said(text: str, tmp_path: Path) -> None:
    table = read(tmp_path, text)

    assert table.kinds["score"] == "text"
    assert codes(table) == {"decimal_comma"}


def test_objects_printed_into_cells_become_columns(tmp_path: Path) -> None:
    cell = "{'text': array(['a \"b\"'], dtype=object), 'answer_start': array([16], dtype=int32)}"
    quoted = cell.replace('"', '""')

    table = read(tmp_path, f'id,answers\n1,"{quoted}"\n2,"{{""text"": [], ""answer_start"": []}}"\n')

    assert table.frame["answers.text"].tolist() == [['a "b"'], []]
    assert table.frame["answers.answer_start"].tolist() == [[16], []]


def test_cells_in_braces_that_are_no_objects_stay_texts(tmp_path: Path) -> None:
    table = read(tmp_path, "text,label\n{see above},good\n{and below},bad\n")

    assert table.frame["text"].tolist() == ["{see above}", "{and below}"]


def test_lists_of_objects_in_cells_are_those_lists(tmp_path: Path) -> None:
    table = read(tmp_path, "text,spans\nMara came,\"[{'start': 0, 'end': 4, 'label': 'PER'}]\"\nNobody,[]\n")

    assert table.frame["spans"].tolist() == [[{"start": 0, "end": 4, "label": "PER"}], []]
