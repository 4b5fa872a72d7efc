"""SampleIndex: a sidecar of a samples table that pages are found by without reading the table.

`<split>_samples.index`  an uncompressed Arrow file, mapped into memory; one value a row of the table:

row                                                          its number in the source table
row_up, loss_up, loss_down, confidence_up, ..., error_down   row positions in this order; missing values stand last
truth, prediction                                            64-bit hash of the text, 0 where it is missing
correct                                                      1, 0, or -1 where it is missing
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.on_demand import np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

SUFFIX = "_samples.index"
GROUP_ROWS = 512
"""Rows of a group of the samples table: a page sorted by loss reads a group for each of its rows."""
SORT_KEYS = ("row", "loss", "confidence", "error")


@dataclass(frozen=True)
class SampleFilter:
    """Which samples are wanted; None accepts all."""

    truth: str | None = None
    prediction: str | None = None
    correct: bool | None = None
    rows: tuple[int, ...] | None = None
    """Numbers in the source table."""


@dataclass(frozen=True)
class SampleIndex:
    """The columns of the sidecar."""

    columns: dict[str, NDArray[np.generic]]

    @classmethod
    def of(cls, table: pa.Table) -> SampleIndex:
        """The index of a samples table (without its views)."""
        rows = table.column("row").to_numpy()
        columns: dict[str, NDArray[np.generic]] = {"row": rows, "row_up": _order(rows, rows, 1)}
        for key in SORT_KEYS[1:]:
            known = key in table.column_names
            values = table.column(key).to_numpy() if known else np.full(len(rows), np.nan)
            columns[f"{key}_up"], columns[f"{key}_down"] = _order(values, rows, 1), _order(values, rows, -1)
        for key in ("truth", "prediction"):
            columns[key] = _hashes(table.column(key))
        correct = table.column("correct").cast("int8").fill_null(-1)
        columns["correct"] = correct.to_numpy()
        return cls(columns)

    @classmethod
    def open(cls, path: Path) -> SampleIndex:
        """The index in a file, mapped and not read."""
        import pyarrow as pa

        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
        return cls(
            {
                name: table.column(name).chunk(0).to_numpy() if len(table) else np.zeros(0, int)
                for name in table.column_names
            }
        )

    @property
    def is_complete(self) -> bool:
        """Whether samples can be sorted by every key; one of an earlier version knows fewer."""
        return all(f"{key}_up" in self.columns for key in SORT_KEYS)

    def write(self, path: Path) -> None:
        """Write the sidecar."""
        import pyarrow as pa

        table = pa.table(dict(self.columns))
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=max(1, len(table)))

    def page(self, sort: str, wanted: SampleFilter, offset: int, limit: int) -> tuple[int, list[int]]:
        """How many samples match, and the row positions of one page; a minus before the sort key turns it round."""
        key, falls = sort.removeprefix("-"), sort.startswith("-")
        mask = self._mask(wanted)
        if key == "row":
            order = self.columns["row_up"][::-1] if falls else self.columns["row_up"]
        else:
            order = self.columns[f"{key}_{'down' if falls else 'up'}"]
        if mask is not None:
            order = order[mask[order]]
        return len(order), [int(position) for position in order[offset : offset + limit]]

    def _mask(self, wanted: SampleFilter) -> NDArray[np.bool_] | None:
        """True where a row meets every condition; None if there is none."""
        tests = [
            self.columns[key] == _hash(text)
            for key, text in (("truth", wanted.truth), ("prediction", wanted.prediction))
            if text is not None
        ]
        if wanted.correct is not None:
            tests.append(self.columns["correct"] == int(wanted.correct))
        if wanted.rows is not None:
            tests.append(np.isin(self.columns["row"], wanted.rows))
        return np.logical_and.reduce(tests) if tests else None


def _order(values: NDArray[np.generic], rows: NDArray[np.generic], sign: int) -> NDArray[np.int32]:
    """Positions by value, then by row; missing values last."""
    return np.lexsort((rows, sign * values)).astype(np.int32)


def _hashes(texts: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Hashes of texts, computed once a distinct text."""
    encoded = texts.combine_chunks().dictionary_encode()
    known = np.array([_hash(text) for text in encoded.dictionary.to_pylist()] or [np.uint64(0)], dtype=np.uint64)
    hashes: NDArray[np.uint64] = known[encoded.indices.fill_null(0).to_numpy()]
    hashes[np.asarray(encoded.is_null())] = 0
    return hashes


def _hash(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1)
