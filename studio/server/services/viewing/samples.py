"""SamplePages: predicted samples, paged, sorted and filtered from the samples table of a run or a prediction.

A page costs the index, which is mapped and not read, and the row groups of the page's rows, whatever the table's size.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import NotFoundError, StudioError, in_quotes
from studio.results.sample_index import SORT_KEYS, SampleFilter, SampleIndex
from studio.results.sample_index import SUFFIX as INDEX_SUFFIX
from studio.results.sample_view import SampleView
from studio.server.schemas.runs import RunSamplePage

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SUFFIX = "_samples.parquet"
_INDEXED = ["row", "loss", "truth", "prediction", "correct", "confidence", "error"]


@dataclass(frozen=True)
class SampleQuery:
    """Which samples, in which order."""

    split: str = ""
    """The first there is, if empty."""
    sort: str = "-loss"
    offset: int = 0
    limit: int = 24
    truth: str | None = None
    prediction: str | None = None
    correct: bool | None = None
    rows: tuple[int, ...] | None = None
    """Only samples of these source rows."""


def sample_splits(predictions: Path) -> list[str]:
    """Splits that have a samples table, validation first."""
    names = [path.name.removesuffix(SUFFIX) for path in predictions.glob(f"*{SUFFIX}")]
    return sorted(names, key=lambda name: (name != "validation", name))


def read_samples(predictions: Path, query: SampleQuery) -> RunSamplePage:
    """One page of a split; the first split there is, if none is named.

    Raises:
        NotFoundError: if there is no such split.
        StudioError: if samples cannot be sorted so.
    """
    splits = sample_splits(predictions)
    if not splits:
        return RunSamplePage(total=0, rows=[], splits=[])
    split = query.split or splits[0]
    if split not in splits:
        raise NotFoundError.among("split", split, splits)
    key = query.sort.removeprefix("-")
    if key not in SORT_KEYS:
        raise StudioError(
            f"Samples cannot be sorted by {in_quotes(key)}.", hint=f"Use {', '.join(SORT_KEYS)}.", code="sort"
        )
    wanted = SampleFilter(query.truth, query.prediction, query.correct, query.rows)
    index = _index(predictions, split)
    total, positions = index.page(query.sort, wanted, max(query.offset, 0), max(query.limit, 0))
    table = predictions / f"{split}{SUFFIX}"
    rows = [SampleView.model_validate_json(view) for view in _views(table, positions)]
    return RunSamplePage(total=total, rows=rows, splits=splits, known=_known(table))


def _index(predictions: Path, split: str) -> SampleIndex:
    """The index beside the table; made for this page alone where it is missing, or older than the table or than we."""
    import pyarrow.parquet as pq

    table, path = predictions / f"{split}{SUFFIX}", predictions / f"{split}{INDEX_SUFFIX}"
    if path.is_file() and path.stat().st_mtime_ns >= table.stat().st_mtime_ns:
        index = SampleIndex.open(path)
        if index.is_complete:
            return index
    with pq.ParquetFile(table) as file:
        return SampleIndex.of(file.read(columns=[one for one in _INDEXED if one in file.schema_arrow.names]))


def _known(path: Path) -> list[str]:
    """Columns with a value that is not empty, by the extremes that the file's footer holds."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    places = {metadata.schema.column(place).name: place for place in range(metadata.num_columns)}
    return [name for name in _INDEXED if name != "row" and name in places and _has_value(metadata, places[name])]


def _has_value(metadata: "pq.FileMetaData", place: int) -> bool:
    found = (metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups))
    return any(one is not None and one.has_min_max and one.max != "" for one in found)


def _views(path: Path, positions: list[int]) -> list[str]:
    """The views at these positions, in this order, read from their row groups only."""
    import pyarrow.parquet as pq

    found: dict[int, str] = {}
    with pq.ParquetFile(path) as file:
        start = 0
        for group in range(file.metadata.num_row_groups if positions else 0):
            end = start + file.metadata.row_group(group).num_rows
            inside = [position for position in positions if start <= position < end]
            if inside:
                views = file.read_row_group(group, columns=["view"]).column("view")
                found.update((position, views[position - start].as_py()) for position in inside)
            start = end
    return [found[position] for position in positions]
