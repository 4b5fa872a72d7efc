"""SamplePages: predicted samples, paged, sorted and filtered from the samples table of a run or a prediction."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import NotFoundError, StudioError
from studio.results.sample_view import SampleView
from studio.server.schemas.runs import RunSamplePage

SUFFIX = "_samples.parquet"
SORT_KEYS = ("row", "loss", "confidence")


@dataclass(frozen=True)
class SampleQuery:
    """Which samples, in which order."""

    split: str = "validation"
    sort: str = "-loss"
    offset: int = 0
    limit: int = 24
    truth: str | None = None
    prediction: str | None = None
    correct: bool | None = None


def sample_splits(predictions: Path) -> list[str]:
    """Splits that have a samples table, validation first."""
    names = [path.name.removesuffix(SUFFIX) for path in predictions.glob(f"*{SUFFIX}")]
    return sorted(names, key=lambda name: (name != "validation", name))


def read_samples(predictions: Path, query: SampleQuery) -> RunSamplePage:
    """One page of a split; the first split there is, if none is named.

    Raises:
        NotFoundError: if there is no such split.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    splits = sample_splits(predictions)
    if not splits:
        return RunSamplePage(total=0, rows=[], splits=[])
    split = query.split or splits[0]
    if split not in splits:
        raise NotFoundError.among("split", split, splits)
    file = pq.ParquetFile(predictions / f"{split}{SUFFIX}")
    try:
        present = set(file.schema_arrow.names)
        columns = [one for one in ("row", "loss", "truth", "prediction", "correct", "confidence") if one in present]
        table = file.read(columns=columns)
        chosen = pc.fill_null(_mask(table, query), False) if table.num_rows else None
        indices = pc.indices_nonzero(chosen) if chosen is not None else None
        total = 0 if indices is None else len(indices)
        if not total or indices is None:
            return RunSamplePage(total=0, rows=[], splits=splits)
        order = _order(table, query.sort)
        kept = order.filter(pc.is_in(order, value_set=indices.cast(order.type)))
        page = kept.slice(query.offset, query.limit)
        views = file.read(columns=["view"]).column("view").take(page).to_pylist()
    finally:
        file.close()
    return RunSamplePage(total=total, rows=[SampleView.model_validate_json(view) for view in views], splits=splits)


def _mask(table: Any, query: SampleQuery) -> Any:
    """True where a row meets every condition."""
    import pyarrow.compute as pc

    mask = pc.is_valid(table.column("row"))
    for name in ("truth", "prediction", "correct"):
        value = getattr(query, name)
        if value is not None and name in table.column_names:
            mask = pc.and_kleene(mask, pc.equal(table.column(name), value))
    return mask


def _order(table: Any, sort: str) -> Any:
    """Row numbers in the asked order; what has no value stands last."""
    import pyarrow.compute as pc

    key = sort.removeprefix("-")
    if key not in SORT_KEYS:
        raise StudioError(f"Samples cannot be sorted by {key!r}.", hint=f"Use {', '.join(SORT_KEYS)}.", code="sort")
    if key not in table.column_names:
        key = "row"
    order = "descending" if sort.startswith("-") else "ascending"
    return pc.sort_indices(table, sort_keys=[(key, order), ("row", "ascending")])
