"""Objects in the cells of a text table become columns of their own, as those of JSON lines do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.datasets.dataset import ColumnKind
from studio.datasets.tables.json_lines_table import flat_record, json_column
from studio.datasets.tables.printed_values import looks_like_object, parse_printed
from studio.errors import DatasetError
from studio.on_demand import pd


def object_columns(
    cells: Sequence[str], column: str, name: str, taken: Sequence[str]
) -> Mapping[str, tuple[pd.Series, ColumnKind]]:
    """Columns such as `answers.text` for cells that hold {'text': ...}; none where not every cell is an object.

    `taken` are the names of the table's columns: where one of them is called so, the cells stay texts.
    """
    first = next((cell for cell in cells if cell.strip()), "")
    if not looks_like_object(first.strip()):
        return {}
    plain = [cell.strip() for cell in cells]
    if not all(looks_like_object(cell) for cell in plain if cell):
        return {}
    try:
        records = [flat_record({column: parse_printed(cell)} if cell else {}) for cell in plain]
        keys = list(dict.fromkeys(key for record in records for key in record))
        if column in keys or any(key in taken for key in keys):
            return {}
        return {key: json_column([_plain(record.get(key)) for record in records], key, name) for key in keys}
    except (ValueError, DatasetError):
        return {}


def _plain(value: Any) -> Any:
    return value if not isinstance(value, dict) else str(value)
