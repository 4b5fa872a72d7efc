"""Media of a run: whether every file that its rows name is as it was imported, before anything is trained."""

from collections.abc import Iterator

import pandas as pd

from studio.datasets.checksums import MISSING, MediaTrouble, check_media
from studio.datasets.dataset import Dataset
from studio.datasets.folds import Split
from studio.errors import in_quotes
from studio.modeling.sample_error import SampleError
from studio.problems.contract import ProblemType
from studio.results.prediction import ROW
from studio.settings.schema import SettingsSchema
from studio.training.reporting.reporter import Reporter

DATA_FOLDER = "dataset.data_folder"
TEST_FOLDER = "dataset.data_folder_test"


def require_media(
    dataset: Dataset, kind: ProblemType, settings: SettingsSchema, tables: Split, reporter: Reporter
) -> None:
    """Compare the files that a run's rows name with those of the import.

    Raises:
        SampleError: for the first that is missing (`file_missing`) or has changed (`file_damaged`), with its row.
    """
    if kind.media_role is None:
        return
    column = str(settings.value(f"dataset.{kind.media_role}"))
    rows = {path: (row, name) for path, row, name in _named(tables, column, settings)}
    checked = check_media(dataset.folder, list(rows))
    if checked.troubles:
        raise _error(checked.troubles, rows)
    words = f"{checked.files:,} files are unchanged since the import; {checked.hashed:,} of them were hashed."
    reporter.log("info", words)


def _named(tables: Split, column: str, settings: SettingsSchema) -> Iterator[tuple[str, int, str]]:
    """(path below the media folder, row, name in its cell) of every row; those of training come last."""
    fields = settings.fields()
    folder = settings.value(DATA_FOLDER) if DATA_FOLDER in fields else None
    test_folder = (settings.value(TEST_FOLDER) if TEST_FOLDER in fields else None) or folder
    parts: tuple[tuple[pd.DataFrame | None, object], ...] = (
        (tables.test, test_folder), (tables.unlabeled, folder), (tables.validation, folder), (tables.train, folder),
    )  # fmt: skip
    for frame, place in parts:
        if frame is None or column not in frame:
            continue
        base = "" if place in (None, "", ".") else f"{place}/"
        for name, row in zip(frame[column], frame[ROW], strict=True):
            if isinstance(name, str):
                yield f"{base}{name}", int(row), name


def _error(troubles: tuple[MediaTrouble, ...], rows: dict[str, tuple[int, str]]) -> SampleError:
    first = troubles[0]
    row, name = rows[first.path]
    state = "is missing" if first.what == MISSING else f"is {first.what} than it was imported with"
    more = f" So are {len(troubles) - 1:,} more files of this run." if len(troubles) > 1 else ""
    return SampleError(
        f"Row {row}: the file {in_quotes(name)} {state}.{more}",
        row=row,
        file=name,
        hint="Restore the dataset from a backup, or import the data again.",
        code="file_missing" if first.what == MISSING else "file_damaged",
    )
