"""Predictions on disk: the table people open, the raw outputs, and the samples a page shows."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from studio.failpoints import failpoint
from studio.files import fsync_file, fsync_folder, private_folder
from studio.modeling.predictions import ScoredTable, row_numbers
from studio.modeling.recipe import Recipe, SampleRow
from studio.results.prediction import ROW, SAMPLE_COLUMNS, PredictionSummary, is_hidden
from studio.results.sample_index import GROUP_ROWS, SampleIndex
from studio.results.sample_index import SUFFIX as INDEX_SUFFIX
from studio.results.spreadsheet import guarded
from studio.settings.finding import Finding

NOT_OUTPUTS = ("row", "labels", "allow_pickle")
"""What a file of raw outputs holds beside them."""


def prediction_table(
    recipe: Recipe[Any],
    scored: ScoredTable,
    index: ScoredTable | None = None,
    left_out: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The input's columns, then the predicted ones. Where both have a name, the input's is the truth: `true_<name>`.

    With an index, rows are compared with its rows. Rows that were left out stand at their places, without a prediction.
    """
    added = recipe.columns(scored) if index is None else recipe.columns_against(scored, index)
    return beside_inputs(scored, added, left_out)


def beside_inputs(scored: ScoredTable, added: pd.DataFrame, left_out: pd.DataFrame | None = None) -> pd.DataFrame:
    """The columns `added` to those of the scored rows; rows that were left out are empty in them."""
    hidden = [column for column in scored.table.columns if is_hidden(str(column))]
    renamed = {name: f"true_{name}" for name in added.columns if name in scored.table.columns}
    kept = scored.table.drop(columns=hidden).rename(columns=renamed)
    whole = pd.concat([kept, added], axis=1)
    if left_out is None or left_out.empty:
        return whole
    nullable = {name: "Int64" for name in added.columns if pd.api.types.is_integer_dtype(added[name])}
    nullable |= {name: "boolean" for name in added.columns if pd.api.types.is_bool_dtype(added[name])}
    others = left_out.drop(columns=hidden).rename(columns=renamed).reindex(columns=whole.columns)
    order = np.argsort([*scored.row_numbers(), *row_numbers(left_out)], kind="stable")
    both = [whole.astype(nullable), others.astype(nullable)]
    return pd.concat(both, ignore_index=True).iloc[order].reset_index(drop=True)


def write_predictions(
    folder: Path,
    split: str,
    recipe: Recipe[Any],
    scored: ScoredTable,
    rows: Sequence[SampleRow],
    metrics: dict[str, float],
    left_out: pd.DataFrame | None = None,
    findings: Sequence[Finding] = (),
) -> PredictionSummary:
    """Write a split's table, raw outputs and samples below `folder`/predictions, and say what was written.

    Rows that were left out stand in the table without a prediction, and `findings` say why.
    Each file takes its name when it is whole, so that those of an earlier attempt can be read until then.
    """
    target = folder / "predictions"
    raw = f"{split}_raw.{recipe.raw_format}"
    added = recipe.columns(scored)
    with _made_beside(target, split) as beside:
        table = beside_inputs(scored, added, left_out)
        table.to_parquet(beside / f"{split}.parquet", index=False)
        write_csv(table, beside / f"{split}.csv")
        write_raw(beside / raw, recipe, scored)
        write_samples(samples_frame(scored, rows), beside, split)
        failpoint("predictions")
    files = (f"{split}.csv", f"{split}.parquet", raw, f"{split}_samples.parquet")
    return PredictionSummary(
        split=split,
        rows=len(table),
        metrics={name: value for name, value in metrics.items() if np.isfinite(value)},
        files=tuple(f"predictions/{name}" for name in files),
        columns=tuple(added.columns),
        findings=tuple(findings),
    )


@contextmanager
def _made_beside(target: Path, split: str) -> Iterator[Path]:
    """A folder whose files move into `target` when all are written, and are durable there."""
    beside = private_folder(target / f".{split}.tmp")
    try:
        yield beside
        for path in sorted(beside.iterdir()):
            fsync_file(path)
            path.replace(target / path.name)
        fsync_folder(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_samples(frame: pd.DataFrame, target: Path, split: str) -> None:
    """Write a split's samples in small row groups, with the index that pages are found by."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, target / f"{split}_samples.parquet", row_group_size=GROUP_ROWS)
    SampleIndex.of(table).write(target / f"{split}{INDEX_SUFFIX}")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV: lists as JSON, and no text that a spreadsheet would run as a formula."""
    cells = table.copy()
    for column in cells.columns:
        if cells[column].map(lambda value: isinstance(value, str | list | np.ndarray | tuple)).any():
            cells[column] = cells[column].map(_cell).astype(object)
    cells.columns = pd.Index([_cell(str(name)) for name in cells.columns])
    cells.to_csv(path, index=False)


def _cell(value: object) -> object:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return json.dumps(list(value), ensure_ascii=False)
    return guarded(value) if isinstance(value, str) else value


def write_raw(path: Path, recipe: Recipe[Any], scored: ScoredTable) -> None:
    """Write the raw outputs; the path ends as the recipe's `raw_format` says."""
    names = list(scored.raw[0]) if scored.raw else []
    rows = np.array(scored.row_numbers(), dtype=np.int64)
    if recipe.raw_format == "npz":
        arrays = {one: np.stack([raw[one] for raw in scored.raw]) for one in names}
        np.savez_compressed(
            path, row=rows, labels=np.array(recipe.target.labels, dtype=np.str_), allow_pickle=False, **arrays
        )
        return
    columns = {one: [raw[one].tolist() for raw in scored.raw] for one in names}
    frame = pd.DataFrame({"row": rows, **columns})
    frame.attrs["labels"] = list(recipe.target.labels)
    frame.to_parquet(path, index=False)


def read_raw(path: Path) -> ScoredTable:
    """Raw outputs of the format `npz`, with nothing of their rows but the numbers."""
    with np.load(path, allow_pickle=False) as file:
        outputs = {name: file[name] for name in file.files if name not in NOT_OUTPUTS}
        rows = file["row"]
    raw = tuple({name: values[place] for name, values in outputs.items()} for place in range(len(rows)))
    return ScoredTable(pd.DataFrame({ROW: rows}), raw, None)


def samples_frame(scored: ScoredTable, rows: Sequence[SampleRow]) -> pd.DataFrame:
    """Samples as a page sorts, filters and shows them."""
    losses = [scored.loss_of(position) for position in range(len(rows))]
    frame = pd.DataFrame(
        {
            "row": pd.array([row.view.row for row in rows], dtype="int64"),
            "title": pd.array([row.view.title for row in rows], dtype="str"),
            "loss": pd.array([np.nan if loss is None else loss for loss in losses], dtype="float64"),
            "truth": pd.array([row.truth for row in rows], dtype="str"),
            "prediction": pd.array([row.prediction for row in rows], dtype="str"),
            "correct": pd.array([row.correct for row in rows], dtype="boolean"),
            "confidence": pd.array(
                [np.nan if row.confidence is None else row.confidence for row in rows], dtype="float64"
            ),
            "error": pd.array([np.nan if row.error is None else row.error for row in rows], dtype="float64"),
            "view": pd.array([row.view.model_dump_json() for row in rows], dtype="str"),
        }
    )
    return frame[list(SAMPLE_COLUMNS)]
