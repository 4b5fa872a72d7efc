"""Golden samples: a few validation rows with the outputs that the run had, to be repeated anywhere.

golden/inputs.parquet   the rows      golden/media/   their files      golden/expected.json   raw outputs
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.files import private_folder, read_json, write_json
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Media
from studio.results.prediction import HIDDEN_COLUMNS
from studio.scoring.inputs import input_table
from studio.scoring.predictor import Predictor

GOLDEN_ROWS = 4
TOLERANCE = 1e-5
HALF_TOLERANCE = 0.05
"""In 16 bits another processor rounds other digits."""
INPUTS = "inputs.parquet"
MEDIA = "media"
EXPECTED = "expected.json"


def write_golden(folder: Path, predictor: Predictor, scored: ScoredTable, media: Media) -> None:
    """Write a few rows, spread over the table, with their files and raw outputs."""
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder / MEDIA)
    chosen = np.unique(np.linspace(0, len(scored) - 1, GOLDEN_ROWS).round().astype(int))
    rows = scored.table.iloc[chosen]
    rows.drop(columns=[one for one in HIDDEN_COLUMNS if one in rows.columns]).to_parquet(folder / INPUTS, index=False)
    role = predictor.problem_type.media_role
    if role is not None:
        for name in rows[str(predictor.settings.value(f"dataset.{role}"))]:
            target = folder / MEDIA / str(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(media.path(str(name)), target)
    write_json(folder / EXPECTED, [_plain(scored.raw[int(position)]) for position in chosen], durable=False)


def largest_difference(folder: Path, predictor: Predictor) -> float:
    """How far the outputs of the golden rows are from those of the run; infinite if their number differs.

    A difference counts relative to the largest value of its array, if that is above 1: probabilities are compared as
    they are, corners of boxes relative to the image (a pixel of 500 has a float32 grain of 3e-5). Texts must be the
    same, letter by letter. Outputs that are sets, such as boxes, are compared as sets: equal scores may come in another
    order.
    """
    expected: list[dict[str, Any]] = read_json(folder / EXPECTED)
    scored = predictor.predict(golden_table(folder), Media(folder / MEDIA))
    compare = set_difference if predictor.recipe.raw_is_set else array_difference
    return max((compare(raw, one) for raw, one in zip(scored.raw, expected, strict=True)), default=0.0)


def tolerance(predictor: Predictor) -> float:
    """The difference that two machines may have."""
    return TOLERANCE if predictor.precision == "float32" else HALF_TOLERANCE


def golden_table(folder: Path) -> pd.DataFrame:
    """The golden rows."""
    return input_table(folder / INPUTS)


def array_difference(raw: Raw, expected: Mapping[str, Any]) -> float:
    """The largest difference, value by value; infinite where a text differs."""
    largest = 0.0
    for name, value in raw.items():
        if value.dtype.kind == "U":
            if value.tolist() != expected[name]:
                return float("inf")
            continue
        other = np.asarray(expected[name], dtype=np.float64).reshape(-1)
        if other.size != value.size:
            return float("inf")
        if other.size:
            differences = np.abs(value.astype(np.float64).reshape(-1) - other)
            largest = max(largest, float(differences.max()) / _scale(other))
    return largest


def set_difference(raw: Raw, expected: Mapping[str, Any]) -> float:
    """The largest distance of an object from its nearest twin, both ways (Hausdorff); all arrays are (objects, ...)."""
    count = len(next(iter(raw.values())))
    if any(len(expected[name]) != count for name in raw):
        return float("inf")
    if count == 0:
        return 0.0
    distances = np.zeros((count, count))
    for name, value in raw.items():
        if value.dtype.kind == "U":
            is_same = np.equal(value[:, None], np.asarray(expected[name], dtype=np.str_)[None, :])
            distances = np.where(is_same, distances, np.inf)
            continue
        other = np.asarray(expected[name], dtype=np.float64).reshape(count, -1)
        ours = value.astype(np.float64).reshape(count, -1)
        apart = np.abs(ours[:, None, :] - other[None, :, :]).max(axis=2) / _scale(other)
        distances = np.maximum(distances, apart)
    return float(max(distances.min(axis=0).max(), distances.min(axis=1).max()))


def _scale(expected: NDArray[np.float64]) -> float:
    return max(1.0, float(np.abs(expected).max()))


def _plain(raw: Raw) -> dict[str, Any]:
    return {
        name: (value if value.dtype.kind == "U" else value.astype(np.float64)).tolist() for name, value in raw.items()
    }
