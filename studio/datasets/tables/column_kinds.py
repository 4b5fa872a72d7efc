"""What kind of values the text cells of a column are, decided over all rows; what is unclear stays text and is said."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.formatting import counted, listed
from studio.datasets.tables.list_parsing import CellError, looks_like_list, parse_list
from studio.datasets.tables.parsed_table import cell_finding
from studio.datasets.tables.printed_values import lists_of_objects
from studio.on_demand import np, pd
from studio.settings.finding import Finding

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})$")
# A bare exponent as in 1e5 is more often an id than a number; programs write 1e+05, 1e-05 or 1.5e5.
_NUMBER = re.compile(r"[-+]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[0-9]+([eE][-+][0-9]+)?)$")
_TOO_LONG = re.compile(r"-?[0-9]{16,}$")
_LEADING_ZERO = re.compile(r"-?0[0-9]")
_COMMA_NUMBER = re.compile(r"-?([0-9]+,[0-9]+|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?)$")
_DECIMAL_COMMA = re.compile(r"[-+]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?$")
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+$")
_EXCEL_TEXT = re.compile(r'="(.*)"$', re.DOTALL)
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_NUMBERS = frozenset(("nan", "inf", "infinity"))
"""What programs write for numbers that are none; beside numbers alone they are missing, else they are words."""
_LONGEST_NO_NUMBER = 16
"""Characters: longer texts are not looked at further."""
_LARGEST_EXACT = 2**53
_MOST = 0.9


def typed_column(
    cells: list[str], column: str, name: str, findings: list[Finding], *, may_have_decimal_commas: bool = False
) -> tuple[pd.Series, ColumnKind]:
    """The values of a column's text cells, and their kind. An empty cell is missing; `NA` and `None` are words.

    Numbers may have decimal commas where no comma separates values.
    """
    cells = _mended(cells, column, name, findings)
    present = [cell for cell in cells if cell]
    if present and all(looks_like_list(cell) for cell in present):
        objects = lists_of_objects(cells) if any("{" in cell for cell in present) else None
        if objects is not None:
            return pd.Series(objects, name=column, dtype=object), "list"
        return list_column(cells, column, name, findings), "list"
    if present and all(_INTEGER.match(cell) for cell in present):
        numbers = [int(cell) for cell in present]
        if max(map(abs, numbers)) <= _LARGEST_EXACT:
            values = pd.array([int(cell) if cell else None for cell in cells], dtype="Int64")
            return pd.Series(values, name=column), "integer"
    if present and all(map(_is_number, present)) and not _is_spelt_several_ways(present):
        return pd.Series([float(cell) if cell else np.nan for cell in cells], name=column, dtype="float64"), "number"
    rows = [row for row, cell in enumerate(cells, start=1) if _is_no_number(cell)]
    if rows and any(map(_is_number, present)) and all(_is_number(cell) or _is_no_number(cell) for cell in present):
        findings.append(_no_numbers(cells, rows, column, name))
        amounts = [float(cell) if _is_number(cell) else np.nan for cell in cells]
        return pd.Series(amounts, name=column, dtype="float64"), "number"
    if may_have_decimal_commas and _have_decimal_commas(present):
        findings.append(_decimal_commas(cells, column, name))
        amounts = [float(cell.replace(".", "").replace(",", ".")) if cell else np.nan for cell in cells]
        return pd.Series(amounts, name=column, dtype="float64"), "number"
    findings.extend(_almost_numbers(cells, column, name))
    return pd.Series([cell if cell else None for cell in cells], name=column, dtype="str"), "text"


def list_column(cells: Sequence[str], column: str, name: str, findings: list[Finding]) -> pd.Series:
    """List cells as lists; a cell that is none is missing and reported."""
    values: list[list[Any] | None] = []
    bad: list[tuple[int, str]] = []
    for row, cell in enumerate(cells, start=1):
        try:
            values.append(parse_list(cell) if cell else None)
        except CellError as error:
            values.append(None)
            bad.append((row, str(error)))
    if bad:
        message = f"{len(bad)} cells are not lists ({bad[0][1]})."
        fix = 'Write lists as JSON, such as [1, 2] or ["a", "b"].'
        rows = [row for row, _ in bad]
        found = listed(cells[row - 1].strip() for row in rows[:20])
        findings.append(
            cell_finding("list_cell", name, column, rows, message, fix, found=found, expected="a list of plain values")
        )
    return pd.Series(values, name=column, dtype=object)


def _mended(cells: list[str], column: str, name: str, findings: list[Finding]) -> list[str]:
    """Cells without blanks around them and without the wrapper that spreadsheets put around text."""
    plain = [cell.strip() for cell in cells]
    trimmed = [row for row, (old, new) in enumerate(zip(cells, plain, strict=True), start=1) if old != new]
    wrapped = [row for row, cell in enumerate(plain, start=1) if cell.startswith('="') and _EXCEL_TEXT.match(cell)]
    control = [row for row, cell in enumerate(plain, start=1) if _CONTROL.search(cell)]
    stripped = plain
    if wrapped:
        plain = [match.group(1) if (match := _EXCEL_TEXT.match(cell)) else cell for cell in plain]
    for code, rows, words, fix, found, expected in (
        (
            "blanks_trimmed",
            trimmed,
            "cells had leading or trailing spaces, which were removed.",
            "Nothing needs to be done, unless the spaces have a meaning.",
            listed(cells[row - 1] for row in trimmed[:20]),
            "cells without leading or trailing spaces",
        ),
        (
            "excel_text",
            wrapped,
            'cells were wrapped as ="..." by a spreadsheet; the wrapper was removed.',
            "Export them as text.",
            listed(stripped[row - 1] for row in wrapped[:20]),
            "the text without a wrapper",
        ),
        (
            "control_characters",
            control,
            "cells contain control characters.",
            "Remove them.",
            listed(_CONTROL.findall("".join(stripped[row - 1] for row in control[:20]))),
            "letters, punctuation, spaces and line breaks",
        ),
    ):
        if rows:
            examples = [repr(plain[row - 1])[1:41] for row in rows[:20]]
            message = f"{len(rows)} {words}"
            findings.append(
                cell_finding(code, name, column, rows, message, fix, examples, found=found, expected=expected)
            )
    return plain


def _is_number(cell: str) -> bool:
    return bool(
        _NUMBER.match(cell)
        and not _LEADING_ZERO.match(cell)
        and not _TOO_LONG.match(cell)
        and math.isfinite(float(cell))
    )


def _is_no_number(cell: str) -> bool:
    return len(cell) <= _LONGEST_NO_NUMBER and cell.lower().lstrip("+-") in _NO_NUMBERS


def _no_numbers(cells: Sequence[str], rows: Sequence[int], column: str, name: str) -> Finding:
    found = listed(cells[row - 1] for row in rows[:20])
    message = f"{len(rows)} cells are no finite number ({found}) and count as missing."
    fix = "Write the number, or leave the cell empty."
    return cell_finding("not_finite", name, column, rows, message, fix, found=found, expected="finite numbers")


def _have_decimal_commas(cells: Sequence[str]) -> bool:
    """Whether all are numbers as 1.234,5 and 0,25, and not all may be thousands, as 1,234 is."""
    are_numbers = bool(cells) and all(_DECIMAL_COMMA.match(cell) and not _LEADING_ZERO.match(cell) for cell in cells)
    return are_numbers and any("," in cell and not _THOUSANDS.match(cell) for cell in cells)


def _decimal_commas(cells: Sequence[str], column: str, name: str) -> Finding:
    rows = [row for row, cell in enumerate(cells, start=1) if "," in cell]
    found = listed(cells[row - 1] for row in rows)
    message = f"{len(rows)} numbers have a decimal comma ({found}) and were read as numbers."
    fix = "Write numbers as 1234.5."
    return cell_finding(
        "decimal_comma", name, column, rows, message, fix, found=found, expected="numbers with a decimal point"
    )


def _is_spelt_several_ways(cells: Sequence[str]) -> bool:
    """Whether whole numbers are written in more than one way, as 1 and 1.0: these are names rather than amounts."""
    written: dict[float, str] = {}
    for cell in set(cells):
        value = float(cell)
        if not value.is_integer():
            return False
        written.setdefault(value, cell)
    return any(written[float(cell)] != cell for cell in set(cells))


def _almost_numbers(cells: Sequence[str], column: str, name: str) -> list[Finding]:
    """What keeps a column that looks like numbers from being one."""
    present = [cell for cell in cells if cell]
    if present and all(_COMMA_NUMBER.match(cell) for cell in present):
        rows = [row for row, cell in enumerate(cells, start=1) if cell]
        message = "All cells look like numbers with a comma, which is ambiguous, so they are read as text."
        fix, found = "Write numbers as 1234.5.", listed(present[:20])
        expected = "numbers with a decimal point"
        return [
            cell_finding(
                "decimal_comma", name, column, rows, message, fix, present[:20], found=found, expected=expected
            )
        ]
    words = [row for row, cell in enumerate(cells, start=1) if cell and not _is_number(cell)]
    if 0 < len(words) <= (1 - _MOST) * len(present):
        examples = [cells[row - 1] for row in words[:20]]
        message = f"{len(words)} of {len(present)} cells are not numbers, so the column is read as text."
        return [
            cell_finding(
                "number_with_words",
                name,
                column,
                words,
                message,
                "Correct these cells.",
                examples,
                found=listed(examples),
                expected=f"numbers, as in the other {counted(len(present) - len(words), 'cell')}",
            )
        ]
    return []
