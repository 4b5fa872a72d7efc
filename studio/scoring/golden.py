"""Golden samples: a few validation rows with the outputs that the run had, to be repeated anywhere.

golden/inputs.parquet   the rows      golden/media/   their files
golden/expected.json    raw outputs of the rows, the labels of the run, and the hash of the manifest they came from
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.errors import BundleError
from studio.files import private_folder, read_json, write_json
from studio.modeling.predictions import Raw, ScoredTable
from studio.modeling.recipe import Media
from studio.results.prediction import is_hidden
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
    rows.drop(columns=[one for one in rows.columns if is_hidden(str(one))]).to_parquet(folder / INPUTS, index=False)
    role = predictor.problem_type.media_role
    if role is not None:
        for name in rows[str(predictor.settings.value(f"dataset.{role}"))]:
            target = folder / MEDIA / str(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(media.path(str(name)), target)
    manifest = predictor.bundle.manifest
    expected = {
        "manifest": manifest.sha256,
        "labels": list(manifest.target["labels"]),
        "rows": [_plain(scored.raw[int(position)]) for position in chosen],
    }
    write_json(folder / EXPECTED, expected, durable=False)


def largest_difference(folder: Path, predictor: Predictor) -> float:
    """How far the outputs of the golden rows are from those of the run; infinite if their number or names differ.

    A difference counts relative to the largest value of its array, if that is above 1: probabilities are compared as
    they are, corners of boxes relative to the image (a pixel of 500 has a float32 grain of 3e-5). Texts must be the
    same, letter by letter; what is no finite number equals nothing. Outputs that are sets, such as boxes, are compared
    as sets: equal scores may come in another order.
    """
    expected = _expected(folder)["rows"]
    scored = predictor.predict(golden_table(folder), Media(folder / MEDIA))
    if len(scored.raw) != len(expected) or not expected:
        return float("inf")
    return max(_difference(predictor, raw, one) for raw, one in zip(scored.raw, expected, strict=True))


def _difference(predictor: Predictor, raw: Raw, expected: Mapping[str, Any]) -> float:
    if raw.keys() != expected.keys():
        return float("inf")
    own = predictor.recipe.raw_difference(raw, expected)
    if own is not None:
        return own
    return set_difference(raw, expected) if predictor.recipe.raw_is_set else array_difference(raw, expected)


def changed_since(folder: Path, predictor: Predictor) -> str:
    """What of a model's manifest is not as it was when the golden rows were written, in a sentence; empty if all is."""
    expected, manifest = _expected(folder), predictor.bundle.manifest
    ours, theirs = [str(one) for one in manifest.target["labels"]], expected["labels"]
    if theirs is not None and ours != theirs:
        at = next((i for i, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), len(ours))
        return f"The labels are not those of the run: label {at + 1} is {_at(ours, at)}, and was {_at(theirs, at)}."
    if expected["manifest"] != manifest.sha256:
        return "The manifest of the model is not the one that the golden rows were written with."
    return ""


def _expected(folder: Path) -> dict[str, Any]:
    """What is expected of the rows; an earlier version wrote the outputs alone.

    Raises:
        BundleError: if it cannot be read.
    """
    try:
        values = read_json(folder / EXPECTED)
        if isinstance(values, list):
            return {"manifest": "", "labels": None, "rows": values}
        return {"manifest": str(values["manifest"]), "labels": list(values["labels"]), "rows": list(values["rows"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            f"The golden rows cannot be read: {type(error).__name__} in {EXPECTED}.", hint="Copy the pipeline again."
        ) from error


def _at(labels: list[Any], place: int) -> str:
    return repr(labels[place])[:60] if place < len(labels) else "missing"


def tolerance(predictor: Predictor) -> float:
    """The difference that two machines may have."""
    return TOLERANCE if predictor.precision == "float32" else HALF_TOLERANCE


def golden_table(folder: Path) -> pd.DataFrame:
    """The golden rows."""
    return input_table(folder / INPUTS)


def array_difference(raw: Raw, expected: Mapping[str, Any]) -> float:
    """The largest difference, value by value; infinite where a text differs or a value is no finite number."""
    if raw.keys() != expected.keys():
        return float("inf")
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
            largest = max(largest, float(_apart(value.reshape(-1), other).max()) / _scale(other))
    return largest


def set_difference(raw: Raw, expected: Mapping[str, Any]) -> float:
    """The largest distance of an object from its nearest twin, both ways (Hausdorff); all arrays are (objects, ...)."""
    count = len(next(iter(raw.values())))
    if raw.keys() != expected.keys() or any(len(expected[name]) != count for name in raw):
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
        ours = value.reshape(count, -1)
        apart = _apart(ours[:, None, :], other[None, :, :]).max(axis=2) / _scale(other)
        distances = np.maximum(distances, apart)
    return float(max(distances.min(axis=0).max(), distances.min(axis=1).max()))


def _apart(ours: NDArray[Any], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences, infinite wherever one side is no finite number: NaN compares as smaller than any limit."""
    mine = ours.astype(np.float64)
    is_known = np.isfinite(mine) & np.isfinite(expected)
    with np.errstate(invalid="ignore"):
        return np.where(is_known, np.abs(mine - expected), np.inf)


def _scale(expected: NDArray[np.float64]) -> float:
    finite = np.abs(expected[np.isfinite(expected)])
    return max(1.0, float(finite.max(initial=0.0)))


def _plain(raw: Raw) -> dict[str, Any]:
    return {
        name: (value if value.dtype.kind == "U" else value.astype(np.float64)).tolist() for name, value in raw.items()
    }
