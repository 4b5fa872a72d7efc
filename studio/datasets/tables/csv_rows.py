"""Rows of separated values: quotes that are signs, quotes escaped by a backslash, and columns without a name."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from studio.datasets.formatting import shortened
from studio.errors import DatasetError
from studio.settings.finding import Finding, FindingLevel

MAX_CELL_CHARACTERS = 16 << 20
_NO_DELIMITER = "\x1f"
"""A sign that stands in no text."""


class Rows(NamedTuple):
    """A table as it was split."""

    header: list[str]
    rows: list[list[str]]
    """Those that are as long as the header."""
    wrong: list[tuple[int, int]]
    """(row number, length) of the others."""


def parsed_rows(text: str, delimiter: str, name: str, findings: list[Finding]) -> Rows:
    """The rows of a table, its quotes read as they were meant; what was assumed is a finding.

    Raises:
        DatasetError: if it cannot be split.
    """
    refusal: DatasetError | None = None
    try:
        plain = _split(text, delimiter, name)
    except DatasetError as error:
        plain, refusal = None, error
    if plain is not None and _reads_as_one_column(plain, text, delimiter):
        words = "There is one column, so the signs that separate values elsewhere are part of its texts."
        findings.append(_told(name, "one_column", words, _first_wrong(text, delimiter), expected="texts inside quotes"))
        return _split(text, _NO_DELIMITER, name)
    if (plain is None or plain.wrong) and '\\"' in text:
        escaped = _even(text, delimiter, name, escapechar="\\", doublequote=False)
        if escaped is not None:
            findings.append(_told(name, "backslash_quotes", "Quotes are escaped by backslashes, and read so.", '\\"'))
            return escaped
    if plain is None:
        assert refusal is not None
        raise refusal
    swallowing = _swallowing(plain, delimiter) if '"' in text else None
    if swallowing is not None:
        bare = _even(text, delimiter, name, quoting=csv.QUOTE_NONE)
        if bare is not None and len(bare.rows) > len(plain.rows):
            words = "Quotes are signs of the text here: read as marks of cells, one would hold several rows."
            findings.append(_told(name, "quotes_are_signs", words, swallowing))
            return bare
    return plain


def without_unnamed(
    header: list[str], rows: list[list[str]], name: str, findings: list[Finding]
) -> tuple[list[str], list[list[str]]]:
    """The columns but for an index and empty ones, which spreadsheets and pandas write without a name."""
    unnamed = [place for place, one in enumerate(header) if not one.strip()]
    index = [place for place in unnamed[:1] if place == 0 and _numbers_rows([row[0] for row in rows])]
    empty = [place for place in unnamed if place not in index and not any(row[place].strip() for row in rows)]
    for code, places, words in (
        ("index_column", index, "The first column has no name and numbers the rows; it is left out."),
        ("empty_column", empty, "Columns without a name and without values are left out."),
    ):
        if places:
            listed = ", ".join(str(place + 1) for place in places[:10])
            findings.append(_told(name, code, words, f"column {listed}", expected="a name for every column"))
    dropped = {*index, *empty}
    if not dropped:
        return header, rows
    kept = [place for place in range(len(header)) if place not in dropped]
    return [header[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _split(text: str, delimiter: str, name: str, **dialect: object) -> Rows:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, **dialect)  # type: ignore[arg-type]
    header: list[str] = []
    rows: list[list[str]] = []
    wrong: list[tuple[int, int]] = []
    begin = 1
    try:
        header = next(reader, [])
        begin = reader.line_num + 1
        for row in reader:
            begin = reader.line_num + 1
            if not row:
                continue
            if len(row) != len(header):
                wrong.append((len(rows) + len(wrong) + 1, len(row)))
                continue
            rows.append(row)
    except csv.Error as error:
        raise DatasetError(
            f"{name} cannot be read from line {begin}: {error}.",
            hint="Look for a quote that is opened there and not closed, or escaped by a backslash instead of doubled.",
            code="csv",
            found=f"a record from line {begin:,} that cannot be split",
            expected="a closing quote for every opening one",
        ) from None
    return Rows(header, rows, wrong)


def _even(text: str, delimiter: str, name: str, **dialect: object) -> Rows | None:
    """The rows in another dialect, if that makes all of them as long as the header."""
    try:
        found = _split(text, delimiter, name, **dialect)
    except DatasetError:
        return None
    return found if found.rows and not found.wrong else None


def _swallowing(table: Rows, delimiter: str) -> str | None:
    """A cell that looks as if it held whole rows, as one does whose quote was never meant to open it.

    Two lines of a cell may look so by chance, but not where tabs separate values.
    """
    separators = len(table.header) - 1
    least = 2 if delimiter == "\t" else 3
    for row in table.rows:
        for place, cell in enumerate(row):
            if "\n" not in cell:
                continue
            first, *whole, last = (line.count(delimiter) for line in cell.split("\n"))
            is_cut_out_of_rows = first == separators - place and last == place and set(whole) <= {separators}
            if is_cut_out_of_rows and len(whole) + 2 >= least and separators:
                return cell
    return None


def _reads_as_one_column(table: Rows, text: str, delimiter: str) -> bool:
    """Whether the signs that separate values are part of texts: there is one name, and rows do not agree on a number
    of values, or a blank follows every sign."""
    if len(table.header) != 1 or not table.wrong:
        return False
    lengths = {length for _, length in table.wrong} | ({1} if table.rows else set())
    return len(lengths) > 1 or text.count(delimiter) == text.count(f"{delimiter} ")


def _first_wrong(text: str, delimiter: str) -> str:
    return next(line for line in text.splitlines() if delimiter in line)


def _numbers_rows(cells: Sequence[str]) -> bool:
    """Whether these are whole numbers, each one more than the one before, or all different."""
    if not all(cell.strip().isdecimal() and len(cell) < 18 for cell in cells):
        return False
    return len({int(cell) for cell in cells}) == len(cells)


def _told(name: str, code: str, message: str, found: str, expected: str = "quotes doubled inside quotes") -> Finding:
    return Finding(
        level=FindingLevel.NOTE, code=code, path=name, message=message, found=shortened(found), expected=expected
    )
