"""Samples of a dataset's table, a page at a time: row groups are read as they are needed, never the whole table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import Dataset
from studio.errors import NotFoundError
from studio.problems.registry import problem_type
from studio.server.schemas.datasets import SamplePage

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow.parquet as pq
    from numpy.typing import NDArray

BATCH_ROWS = 20_000


@dataclass(frozen=True)
class TableQuery:
    """Which samples of which table; the first table if none is named."""

    table: str | None
    offset: int
    limit: int
    label: str | None = None
    text: str | None = None


def read_table_samples(dataset: Dataset, query: TableQuery) -> SamplePage:
    """One page.

    Raises:
        NotFoundError: if there is no such table.
    """
    import pandas as pd
    import pyarrow.parquet as pq

    manifest = dataset.manifest
    name = query.table or next((one.name for one in manifest.tables), "")
    info = dataset.table_info(name)
    if info is None:
        raise NotFoundError.among("table", name, [table.name for table in manifest.tables])
    kind = problem_type(manifest.problem_type)
    with pq.ParquetFile(dataset.folder / info.file) as file:
        if query.label or query.text:
            total, positions = _matches(file, dataset, query)
        else:
            total = file.metadata.num_rows
            start = max(query.offset, 0)
            positions = list(range(start, min(start + query.limit, total)))
        parts = list(_rows_at(file, positions))
    rows = _records(pd.concat(parts)) if parts else []
    views = [kind.view_row(row, manifest.roles, manifest.media_folder) for row in rows]
    return SamplePage(total=total, rows=views)


def _matches(file: "pq.ParquetFile", dataset: Dataset, query: TableQuery) -> tuple[int, list[int]]:
    """How many rows match, and the positions of those on the page."""
    import numpy as np

    manifest = dataset.manifest
    kind = problem_type(manifest.problem_type)
    columns = None if query.text else _label_columns(file, manifest.roles)
    total, start, positions = 0, 0, []
    end = query.offset + query.limit
    for batch in file.iter_batches(BATCH_ROWS, columns=columns):
        frame = batch.to_pandas()
        mask = np.ones(len(frame), dtype=bool)
        if query.text:
            mask &= _has_text(frame, query.text)
        if query.label:
            mask &= kind.find_label(frame, manifest.roles, query.label)
        found = np.flatnonzero(mask) + start
        positions.extend(found[max(query.offset - total, 0) : max(end - total, 0)].tolist())
        total, start = total + len(found), start + len(frame)
    return total, positions


def _label_columns(file: "pq.ParquetFile", roles: Any) -> list[str]:
    """The columns that have a role: a label is in one of them."""
    named = {one for value in roles.values() for one in ([value] if isinstance(value, str) else value)}
    return [name for name in file.schema_arrow.names if name in named]


def _rows_at(file: "pq.ParquetFile", positions: list[int]) -> Iterator["pd.DataFrame"]:
    """The rows at ascending positions, one row group after the other."""
    start = 0
    for group in range(file.metadata.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        inside = [position - start for position in positions if start <= position < end]
        if inside:
            yield file.read_row_group(group).take(inside).to_pandas()
        start = end


def _records(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _has_text(rows: "pd.DataFrame", text: str) -> "NDArray[np.bool_]":
    import numpy as np

    columns = [column for column in rows.columns if not str(column).startswith("__")]
    found = rows[columns].astype(str).apply(lambda cells: cells.str.contains(text, case=False, regex=False))
    return np.asarray(found.any(axis=1), dtype=bool)
