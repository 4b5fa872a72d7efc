"""Checks of label columns that all classification problems share, and what they say about the task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.inspection import Inspection
from studio.datasets.labels.label_warnings import note_labels
from studio.datasets.labels.labels import LabelSpace, label_space, label_text
from studio.datasets.labels.unseen_labels import drop_unseen
from studio.datasets.uploads.rejections import refusal_finding
from studio.errors import DatasetError
from studio.on_demand import np, pd
from studio.settings.finding import Finding, FindingLevel, FindingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")


def inspect_labels(inspection: Inspection) -> tuple[LabelSpace | None, dict[str, dict[str, int]]]:
    """Drop rows whose label is missing, unusable or unseen in training; give the label space and counts by table.

    Where nothing is trained on, the space is that of the first table with labels; None if there is none.

    Raises:
        FindingsError: if the training table has no label space.
    """
    columns = list(inspection.roles.get("label_columns") or ())
    _refuse_lists(inspection, columns)
    for role in LABELED:
        if _has(inspection.frames.get(role), columns):
            drop_unlabeled(inspection, role, columns)
    base = next((role for role in LABELED if _has(inspection.frames.get(role), columns)), None)
    if base is None:
        return None, {}
    try:
        space = label_space(inspection.frames[base], columns)
    except DatasetError as error:
        if base != "train":
            return None, {}
        raise FindingsError([*inspection.findings, _no_space(inspection, columns, error)]) from None
    for role in ("validation", "test"):
        if role != base and _has(inspection.frames.get(role), columns):
            _drop_unseen(inspection, role, space)
    note_labels(inspection, base, space, count_labels(inspection.frames[base], space))
    return space, {
        inspection.names[role]: count_labels(inspection.frames[role], space)
        for role in LABELED
        if role in inspection.frames and space.has_labels(inspection.frames[role])
    }


def _no_space(inspection: Inspection, columns: Sequence[str], error: DatasetError) -> Finding:
    path = f"{inspection.names['train']}: {', '.join(columns)}"
    return refusal_finding(error, path)


def count_labels(frame: pd.DataFrame, space: LabelSpace) -> dict[str, int]:
    """How many rows carry each class."""
    if len(space.columns) > 1:
        return {column: int(frame[column].sum()) for column in space.columns}
    counts = Counter(label_text(value) for value in frame[space.columns[0]])
    return {label: counts.get(label, 0) for label in space.labels}


def classes_present(frame: pd.DataFrame, columns: Sequence[str]) -> set[str]:
    """The classes that some row of a table has."""
    if len(columns) == 1:
        return {label_text(value) for value in frame[columns[0]].dropna().unique()}
    return {column for column in columns if (frame[column] == 1).any()}


def truth_of(row: Mapping[str, Any], columns: Sequence[str]) -> tuple[str, ...]:
    """The classes of one row: the cell of a single column, or the columns that say 1."""
    if not all(column in row for column in columns):
        return ()
    if len(columns) == 1:
        value = row[columns[0]]
        return () if value is None or value != value else (label_text(value),)
    return tuple(column for column in columns if row[column] == 1)


def rows_of_label(frame: pd.DataFrame, columns: Sequence[str], label: str) -> NDArray[np.bool_]:
    """Which rows are of a class: the single label column says so, or the column of this name says 1."""
    if len(columns) == 1 and columns[0] in frame.columns:
        return np.array([label_text(value) == label for value in frame[columns[0]]], dtype=bool)
    if label in columns and label in frame.columns:
        return np.asarray(frame[label] == 1, dtype=bool)
    return np.zeros(len(frame), dtype=bool)


def _has(frame: pd.DataFrame | None, columns: Sequence[str]) -> bool:
    return frame is not None and bool(columns) and all(column in frame.columns for column in columns)


def _refuse_lists(inspection: Inspection, columns: Sequence[str]) -> None:
    """Labels are one class a cell; a list in a cell is neither one class nor a column of 0 and 1."""
    role = next(iter(inspection.frames))
    for column in columns:
        if any(kinds.get(column) == "list" for kinds in inspection.kinds.values()):
            inspection.note(
                role,
                FindingLevel.ERROR,
                "label_list",
                column,
                "The label column holds lists.",
                "Give each label a column of 0 and 1, or write one class per row.",
                found=_first_list(inspection, column),
                expected="one class per row",
            )


def _first_list(inspection: Inspection, column: str) -> str:
    role = next(role for role, kinds in inspection.kinds.items() if kinds.get(column) == "list")
    return listed(inspection.frames[role][column].dropna(), 1) or "lists"


def _trim_labels(inspection: Inspection, role: TableRole, column: str) -> None:
    """Classes without blanks around them; text tables are trimmed when they are read."""
    frame = inspection.frames[role]
    if frame.empty:
        return
    is_text = frame[column].map(lambda value: isinstance(value, str))
    plain = frame[column].where(~is_text, frame[column].astype(str).str.strip())
    changed = frame.index[is_text & (plain != frame[column])]
    if not len(changed):
        return
    inspection.frames[role] = frame.assign(**{column: plain.where(plain != "", None)})
    words = f"{len(changed)} classes had leading or trailing spaces, which were removed."
    inspection.repair(
        role,
        changed,
        "blanks_trimmed",
        column,
        words,
        "Write classes without leading or trailing spaces.",
        found=listed(frame.loc[changed, column]),
        expected="classes without leading or trailing spaces",
    )


def drop_unlabeled(inspection: Inspection, role: TableRole, columns: Sequence[str]) -> None:
    """Leave out rows without a class, or with something else than 0 and 1 in one of several columns."""
    if len(columns) == 1:
        _trim_labels(inspection, role, columns[0])
    frame = inspection.frames[role]
    inspection.drop(
        role,
        frame.index[frame[list(columns)].isna().any(axis=1)],
        "no_label",
        ", ".join(columns),
        "Rows without a label.",
        "Label these rows, or leave them in an unlabeled table.",
        found="an empty cell",
        expected="a class" if len(columns) == 1 else "0 or 1 in every label column",
    )
    if len(columns) == 1:
        return
    frame = inspection.frames[role]
    for column in columns:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        bad = frame.index[~numbers.isin([0, 1])]
        examples = [str(value) for value in frame.loc[bad, column]]
        inspection.drop(
            role,
            bad,
            "not_zero_or_one",
            column,
            "The value is neither 0 nor 1.",
            "Write 0 or 1.",
            examples,
            found=listed(frame.loc[bad, column]),
            expected="0 or 1",
        )
        frame = inspection.frames[role]
        inspection.frames[role] = frame.assign(**{column: pd.to_numeric(frame[column]).astype("int64")})
        inspection.kinds[role][column] = "integer"
        frame = inspection.frames[role]


def _drop_unseen(inspection: Inspection, role: TableRole, space: LabelSpace) -> None:
    if len(space.columns) == 1:
        column = space.columns[0]
        labels = [(label_text(value),) for value in inspection.frames[role][column]]
        drop_unseen(inspection, role, column, labels, space.labels)
