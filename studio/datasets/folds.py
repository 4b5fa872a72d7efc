"""Folds and splits: which rows train, which validate. The same for every seed, so that runs compare.

The split seed is 0 whatever the training seed is; folds are stratified by class where a row has one class.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studio.datasets.formatting import counted, listed, quoted
from studio.datasets.labels.labels import label_text
from studio.errors import DatasetError, in_quotes
from studio.settings.schema import SettingsSchema

_NO_ROWS, _A_ROW = "0 rows", "at least 1 row"
SPLIT_SEED = 0
FOLDS = 5
DEFAULT_FOLD_COLUMN = "fold"
UNLABELED = "dataset.unlabeled_dataframe"
MISSING_TARGETS = "dataset.missing_targets"
TRAIN_VALIDATION = "training.train_validation_data"


class Tables(Protocol):
    """Where tables come from: a dataset, or some of its columns."""

    def table(self, name: str) -> pd.DataFrame:
        """A table by the name settings use."""


@dataclass(frozen=True)
class Split:
    """The tables of one run, each with the hidden column `__row`."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame | None
    unlabeled: pd.DataFrame | None = None
    """Rows that the model is to label for itself."""

    @property
    def is_inference_only(self) -> bool:
        """Whether nothing is trained, and the test rows are predicted."""
        return self.train.empty

    def learned(self, settings: SettingsSchema) -> pd.DataFrame:
        """The rows that are learned from: those of training, and of validation too where the settings say so."""
        if not settings.value(TRAIN_VALIDATION):
            return self.train
        return pd.concat([self.train, self.validation], ignore_index=True)


def split(dataset: Tables, settings: SettingsSchema, fold: str | None) -> Split:
    """The tables of one run: folds or holdout by the settings, then the data sample.

    Without a train dataframe there are test rows only.

    Raises:
        DatasetError: if a split would be empty, or the chosen fold does not exist.
    """
    value = settings.value
    if value("dataset.train_dataframe") is None:
        return _inference_only(dataset, value("dataset.test_dataframe"))
    train = _labeled(dataset.table(value("dataset.train_dataframe")), settings)
    if train.empty:
        raise DatasetError(
            "No train row has all its labels, or the train dataframe is empty.",
            hint="Choose another train dataframe, or import the dataset again.",
            code="empty_split",
            found=_NO_ROWS,
            expected=_A_ROW,
        )
    strategy = value("dataset.validation_strategy")
    if strategy == "custom":
        validation = _labeled(dataset.table(value("dataset.validation_dataframe")), settings)
    else:
        held_out = _held_out(train, settings, strategy, fold)
        train, validation = train[~held_out], train[held_out]
    test_name = value("dataset.test_dataframe")
    test = dataset.table(test_name) if test_name else None
    train, validation = _sampled(train, validation, value("dataset.data_sample"), value("dataset.data_sample_choice"))
    for name, table in (("train", train), ("validation", validation)):
        if table.empty:
            raise DatasetError(
                f"No {name} rows are left after the split.",
                hint="Use more rows, another fold, or another validation strategy.",
                code="empty_split",
                found=_NO_ROWS,
                expected=_A_ROW,
            )
    unlabeled_name = value(UNLABELED) if UNLABELED in settings.fields() else None
    unlabeled = dataset.table(unlabeled_name) if unlabeled_name else None
    return Split(train.reset_index(drop=True), validation.reset_index(drop=True), test, unlabeled)


def _labeled(table: pd.DataFrame, settings: SettingsSchema) -> pd.DataFrame:
    """The rows to learn from: without those that lack one of several targets, where settings leave them out."""
    if MISSING_TARGETS not in settings.fields() or settings.value(MISSING_TARGETS) != "Leave out":
        return table
    columns = [column for column in settings.value("dataset.label_columns") if column in table.columns]
    return table.dropna(subset=columns).reset_index(drop=True)


def _inference_only(dataset: Tables, test_name: str | None) -> Split:
    test = dataset.table(test_name) if test_name else None
    if test is None or test.empty:
        raise DatasetError(
            "There is nothing to do: no train dataframe, and no rows in a test dataframe.",
            hint="Choose a train dataframe to learn from, or a test dataframe to predict.",
            code="nothing_to_do",
            found="no train dataframe and no test rows",
            expected="rows to learn from or to predict",
        )
    return Split(pd.DataFrame(), pd.DataFrame(), test)


def assign_folds(
    table: pd.DataFrame, *, strata: Sequence[str] | None = None, groups: str | None = None, folds: int = FOLDS
) -> NDArray[np.str_]:
    """A fold from "0" for every row: random, in the proportion of the strata, or whole groups together.

    Raises:
        DatasetError: if there are fewer rows or groups than folds.
    """
    generator = np.random.default_rng(SPLIT_SEED)
    if groups is not None:
        return _grouped(table[groups], folds, generator)
    if len(table) < folds:
        raise DatasetError(
            f"{len(table)} rows are too few for {folds} folds.",
            hint="Import more rows, or use a holdout validation.",
            code="too_few_rows",
            found=counted(len(table), "row"),
            expected=f"at least {folds} rows",
        )
    order = _stratified_order(strata, len(table), generator)
    assigned = np.empty(len(table), dtype=np.int64)
    assigned[order] = np.arange(len(table)) % folds
    return assigned.astype(str)


def strata_of(table: pd.DataFrame, settings: SettingsSchema) -> list[str] | None:
    """The class of every row, where a row has exactly one; None otherwise."""
    fields = settings.fields()
    if "dataset.label_columns" not in fields:
        return None
    chosen = settings.value("dataset.label_columns")
    columns = [chosen] if isinstance(chosen, str) else list(chosen)
    if any(column not in table.columns or _holds_lists(table[column]) for column in columns):
        return None
    if len(columns) == 1:
        labels = [label_text(value) for value in table[columns[0]]]
        return labels if len(set(labels)) <= max(2, len(labels) // 2) else None
    values = table[columns].to_numpy()
    is_exclusive = bool(columns) and np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all()
    return [columns[int(index)] for index in values.argmax(axis=1)] if is_exclusive else None


def _holds_lists(column: pd.Series) -> bool:
    return column.dtype == object and bool(column.map(lambda cell: isinstance(cell, list | np.ndarray)).any())


def _held_out(table: pd.DataFrame, settings: SettingsSchema, strategy: str, fold: str | None) -> NDArray[np.bool_]:
    value = settings.value
    if strategy == "automatic":
        return _holdout(table, settings, value("dataset.validation_size"), fold)
    column = None
    if strategy == "group_kfold":
        assigned = assign_folds(table, groups=value("dataset.group_fold_column"))
    else:
        column = value("dataset.fold_column") or (DEFAULT_FOLD_COLUMN if DEFAULT_FOLD_COLUMN in table else None)
        if column:
            assigned = np.array([label_text(one) for one in table[column]])
        else:
            assigned = assign_folds(table, strata=strata_of(table, settings))
    chosen = fold if fold is not None else str(assigned.min())
    held_out = np.asarray(assigned == chosen)
    if strategy == "kfold" and not column:
        lone = _lone_rows(strata_of(table, settings), len(table))
        held_out = held_out & ~lone if (held_out & ~lone).any() else held_out
    if not held_out.any():
        known = ", ".join(sorted(set(assigned)))
        raise DatasetError(
            f"There is no fold {in_quotes(chosen)}.",
            hint=f"The folds are {known}.",
            code="unknown_fold",
            found=quoted(chosen),
            expected=f"one of {listed(sorted(set(assigned)))}",
        )
    return held_out


def _holdout(table: pd.DataFrame, settings: SettingsSchema, share: float, fold: str | None) -> NDArray[np.bool_]:
    """A random share; another fold number draws another one. The only row of a class stays in training."""
    draw = int(fold) if fold and fold.isdigit() else 0
    strata = strata_of(table, settings)
    order = _stratified_order(strata, len(table), np.random.default_rng(SPLIT_SEED + draw))
    order = order[~_lone_rows(strata, len(table))[order]]
    count = min(max(1, round(len(table) * share)), max(1, len(order) - 1))
    chosen = np.floor(np.linspace(0, len(order), count, endpoint=False)).astype(int)
    held_out = np.zeros(len(table), dtype=bool)
    held_out[order[chosen]] = True
    return held_out


def _lone_rows(strata: Sequence[str] | None, count: int) -> NDArray[np.bool_]:
    """Rows that are the only one of their class and stay in training; none where every row is."""
    rows_of = Counter(strata or ())
    if strata is None or max(rows_of.values(), default=0) < 2:
        return np.zeros(count, dtype=bool)
    return np.array([rows_of[label] == 1 for label in strata])


def _stratified_order(strata: Sequence[str] | None, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Row positions shuffled, equal strata side by side: dealing them out in turn keeps proportions."""
    shuffled = generator.permutation(count)
    if strata is None:
        return shuffled
    codes = np.unique(np.asarray(strata), return_inverse=True)[1]
    return shuffled[np.argsort(codes[shuffled], kind="stable")]


def _grouped(column: pd.Series, folds: int, generator: np.random.Generator) -> NDArray[np.str_]:
    """Largest groups first, each into the fold with the fewest rows so far."""
    names = np.array([label_text(value) for value in column])
    groups, codes, counts = np.unique(names, return_inverse=True, return_counts=True)
    if len(groups) < folds:
        raise DatasetError(
            f"{len(groups)} groups are too few for {folds} folds.",
            hint="Choose a column with more distinct values.",
            code="too_few_groups",
            found=counted(len(groups), "group"),
            expected=f"at least {folds} groups",
        )
    order = generator.permutation(len(groups))
    order = order[np.argsort(-counts[order], kind="stable")]
    sizes = np.zeros(folds, dtype=np.int64)
    fold_of_group = np.empty(len(groups), dtype=np.int64)
    for group in order:
        fold = int(sizes.argmin())
        fold_of_group[group] = fold
        sizes[fold] += counts[group]
    return fold_of_group[codes].astype(str)


def _sampled(
    train: pd.DataFrame, validation: pd.DataFrame, share: float, choice: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if share >= 1:
        return train, validation
    if "Train" in choice:
        train = train.sample(max(1, round(len(train) * share)), random_state=SPLIT_SEED).sort_index()
    if "Validation" in choice:
        validation = validation.sample(max(1, round(len(validation) * share)), random_state=SPLIT_SEED).sort_index()
    return train, validation
