"""Checks of rows that all problem types share: too few, repeated, and the same file in training and elsewhere."""

from typing import Any

import pandas as pd

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection
from studio.datasets.tables.date_columns import note_dates
from studio.results.prediction import ROW
from studio.settings.finding import FindingLevel

LEAST_ROWS = 2
FOLD = "fold"
"""The column that names a row's fold, where a table has one."""


def check_rows(inspection: Inspection, file_column: str | None) -> None:
    """Report what is wrong with rows as such; `file_column` names media, if rows have any."""
    train = inspection.frames.get("train")
    if train is not None and len(train) < LEAST_ROWS:
        inspection.note(
            "train",
            FindingLevel.ERROR,
            "too_few_rows",
            "",
            f"{len(train)} rows are left to train on.",
            f"At least {LEAST_ROWS} are needed: some for training, some for validation.",
            found=counted(len(train), "row"),
            expected=f"at least {LEAST_ROWS} rows",
        )
    if train is not None and FOLD in train.columns:
        _note_folds(inspection, train)
    note_dates(inspection)
    for role in inspection.frames:
        _note_repeated(inspection, role, file_column)
    if file_column is not None and train is not None:
        for other in ("validation", "test"):
            _note_leak(inspection, other, file_column)


def _note_folds(inspection: Inspection, train: pd.DataFrame) -> None:
    """Values of the fold column are taken as they are; rows without one and a single fold are said."""
    missing = train.index[train[FOLD].isna()]
    if len(missing):
        inspection.note(
            "train",
            FindingLevel.WARNING,
            "no_fold",
            FOLD,
            f"{len(missing)} rows have no fold, so no fold validates on them.",
            "Give every row a fold, or choose another validation strategy.",
            missing,
            found=f"an empty fold in {counted(len(missing), 'row')}",
            expected="a fold in every row",
        )
    if train[FOLD].nunique() < 2:
        inspection.note(
            "train",
            FindingLevel.WARNING,
            "one_fold",
            FOLD,
            "All rows are in one fold, so none are left to train on when it validates.",
            "Use at least two folds, or choose another validation strategy.",
            found=f"one fold: {listed(train[FOLD].dropna())}" if train[FOLD].notna().any() else "no fold in any row",
            expected="at least 2 folds",
        )


def _note_repeated(inspection: Inspection, role: TableRole, file_column: str | None) -> None:
    frame = inspection.frames[role]
    same = frame.index[_text(frame).duplicated()]
    if len(same):
        inspection.note(
            role,
            FindingLevel.WARNING,
            "repeated_rows",
            "",
            f"{len(same)} rows duplicate an earlier row, so they count twice.",
            "Remove the duplicate rows.",
            same,
            found=f"{counted(len(same), 'row')} of {len(frame):,} repeated",
            expected="no duplicate rows",
        )
    if file_column is None:
        return
    others = frame.drop(index=same)
    twice = others.index[others[file_column].duplicated(keep=False)]
    if len(twice):
        inspection.note(
            role,
            FindingLevel.WARNING,
            "repeated_file",
            file_column,
            f"{len(twice)} rows name the same file as another row, with different values.",
            "Keep one row per file, with all its labels.",
            twice,
            [str(name) for name in others.loc[twice, file_column]],
            found=f"{listed(others.loc[twice, file_column], 2)} in more than one row",
            expected="one row per file",
        )


def _note_leak(inspection: Inspection, role: TableRole, column: str) -> None:
    """The same file, by name or by content, in training and in validation or test."""
    frame = inspection.frames.get(role)
    if frame is None:
        return
    train = set(inspection.frames["train"][column])
    contents = {inspection.digests.get(str(name)) for name in train} - {None}
    shared = [
        index
        for index, name in zip(frame.index, frame[column], strict=True)
        if name in train or inspection.digests.get(str(name)) in contents
    ]
    if shared:
        inspection.note(
            role,
            FindingLevel.WARNING,
            "leak",
            column,
            f"{len(shared)} rows have files that are also in the training table, which makes metrics optimistic "
            "(leakage).",
            "Remove these rows from one of the tables.",
            shared,
            found=f"{listed(frame.loc[shared, column], 2)} in both tables",
            expected="no file in both tables",
        )


def _text(frame: pd.DataFrame) -> "pd.Series[Any]":
    """Each row as one text, to be compared."""
    columns = frame.drop(columns=ROW)
    return pd.Series(list(zip(*(columns[name].map(str) for name in columns), strict=True)), index=frame.index)
