"""Checks of numeric label columns that all regression problems share."""

from __future__ import annotations

from collections.abc import Sequence

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.histograms import histogram
from studio.datasets.inspection import Inspection
from studio.datasets.profile import DatasetProfile
from studio.on_demand import np, pd
from studio.settings.finding import FindingLevel

LABELED: tuple[TableRole, ...] = ("train", "validation", "test")
FAR = 1000.0
"""How many interquartile ranges from the median a value is no more believed."""
MOST_IN_UNIT = 0.9
"""The share of scores from 0 to 1 from which on the others are mistakes."""


def inspect_targets(inspection: Inspection, columns: Sequence[str]) -> DatasetProfile:
    """Drop rows without a number, report odd ones, and give the facts of each label column.

    A row that lacks some of several numbers stays; settings decide whether the gaps are masked.
    """
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is not None and columns and all(column in frame.columns for column in columns):
            _check_table(inspection, role, columns)
    train = inspection.frames.get("train")
    if train is None or not columns or any(not pd.api.types.is_float_dtype(train[column]) for column in columns):
        return DatasetProfile(task="regression")
    facts: dict[str, float] = {}
    histograms = []
    for column in columns:
        values = train[column].dropna().to_numpy(dtype=float)
        if len(values):
            _note_odd(inspection, column, train[column])
            facts[f"{column}_mean"], facts[f"{column}_deviation"] = float(values.mean()), float(values.std())
            histograms.append(histogram(column, "", [float(value) for value in values]))
    return DatasetProfile(task="regression", facts=facts, histograms=tuple(histograms))


def _check_table(inspection: Inspection, role: TableRole, columns: Sequence[str]) -> None:
    for column in columns:
        if _refused(inspection, role, column):
            return
    frame = inspection.frames[role]
    numbers = frame[list(columns)].apply(pd.to_numeric).astype("float64")
    infinite = frame.index[np.isinf(numbers).any(axis=1)]
    inspection.frames[role] = frame.assign(**{column: numbers[column] for column in columns})
    for column in columns:
        inspection.kinds[role][column] = "number"
    bad = numbers.loc[infinite].to_numpy().ravel()
    inspection.drop(
        role,
        infinite,
        "not_finite",
        ", ".join(columns),
        "The number is infinite.",
        "Write finite numbers.",
        found=listed(bad[np.isinf(bad)]),
        expected="a finite number",
    )
    missing = inspection.frames[role][list(columns)].isna()
    inspection.drop(
        role,
        missing.index[missing.all(axis=1)],
        "no_label",
        ", ".join(columns),
        "Rows without a number to predict.",
        "Write the number, or leave these rows in an unlabeled table.",
        found="an empty cell" if len(columns) == 1 else f"empty cells in all {len(columns)} columns",
        expected="a number",
    )
    _note_gaps(inspection, role, columns)


def _refused(inspection: Inspection, role: TableRole, column: str) -> bool:
    """Report a column that holds no numbers."""
    kind = inspection.kinds[role].get(column)
    if kind not in ("text", "list"):
        return False
    frame = inspection.frames[role]
    words = "lists" if kind == "list" else "words"
    bad = frame.index[frame[column].notna()]
    if kind == "text":
        bad = frame.index[frame[column].notna() & pd.to_numeric(frame[column], errors="coerce").isna()]
    inspection.note(
        role,
        FindingLevel.ERROR,
        "text_target",
        column,
        f"The label column holds {words}, and regression predicts numbers.",
        "Write numbers as 1234.5, correct these cells, or choose text classification.",
        bad,
        [str(value)[:40] for value in frame.loc[bad, column].head(20)],
        found=listed(frame.loc[bad, column].head(20)) or listed(frame[column].dropna().head(20)) or "no value",
        expected="numbers",
    )
    return True


def _note_gaps(inspection: Inspection, role: TableRole, columns: Sequence[str]) -> None:
    frame = inspection.frames[role]
    gaps = frame.index[frame[list(columns)].isna().any(axis=1)]
    if len(columns) > 1 and len(gaps):
        inspection.note(
            role,
            FindingLevel.WARNING,
            "partly_missing",
            ", ".join(columns),
            f"{len(gaps)} rows lack some of the numbers. Training masks the gaps or leaves these rows out, "
            "depending on the setting Missing targets.",
            "Fill them in if they are known.",
            gaps,
            found=f"empty cells in {counted(len(gaps), 'row')}",
            expected=f"a number in each of the {len(columns)} label columns",
        )


def _note_odd(inspection: Inspection, column: str, values: pd.Series) -> None:
    present = values.dropna()
    if present.nunique() == 1:
        inspection.note(
            "train",
            FindingLevel.WARNING,
            "constant_target",
            column,
            f"The label is {present.iloc[0]:g} in every row, so there is nothing to learn.",
            "Check that this is the label column.",
            found=f"{present.iloc[0]:g} in all {len(present):,} rows",
            expected="numbers that differ",
        )
        return
    low, median, high = np.percentile(present, [25, 50, 75])
    spread = float(high - low) or float((present - median).abs().mean())
    far = present.index[(present - median).abs() > FAR * spread] if spread else present.index[:0]
    if len(far):
        inspection.note(
            "train",
            FindingLevel.WARNING,
            "far_outlier",
            column,
            f"{len(far)} values lie more than {FAR:g} times the usual spread from the median. These outliers "
            "dominate training.",
            "Correct them, or leave these rows out.",
            far,
            [f"{value:g}" for value in present.loc[far].head(20)],
            found=listed(present.loc[far].head(20)),
            expected=f"values near {median:g}, most from {low:g} to {high:g}",
        )


def drop_outside_unit(inspection: Inspection, column: str) -> None:
    """Leave out scores of pairs that are no shares where almost all others, 0 to 1, are: these are mistakes."""
    train = inspection.frames.get("train")
    if train is None or column not in train.columns or not pd.api.types.is_float_dtype(train[column]):
        return
    present = train[column].dropna()
    inside = present.between(0, 1)
    if present.nunique() <= 2 or inside.mean() < MOST_IN_UNIT or inside.all() or not _has_fractions(present[inside]):
        return
    for role in LABELED:
        frame = inspection.frames.get(role)
        if frame is None or column not in frame.columns:
            continue
        outside = frame.index[frame[column].notna() & ~frame[column].between(0, 1)]
        inspection.drop(
            role,
            outside,
            "outside_unit",
            column,
            "The score of a pair of texts is not between 0 and 1, as almost all others are.",
            "Correct the score.",
            [f"{value:g}" for value in frame.loc[outside, column].head(20)],
            found=listed(frame.loc[outside, column].head(20)),
            expected="a number from 0 to 1",
        )


def _has_fractions(values: pd.Series[float]) -> bool:
    return bool((values % 1 != 0).any())
