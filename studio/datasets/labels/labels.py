"""Label spaces: what label columns make of a classification task, and rows as class indexes or 0/1 vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studio.datasets.formatting import listed
from studio.errors import DatasetError, in_quotes
from studio.on_demand import np, pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_CLASSES = 2
_POSITIVE_WORDS = ("1", "1.0", "true", "yes", "positive", "y")


class Task(StrEnum):
    """What a model has to answer for one sample."""

    BINARY = "binary"
    MULTI_CLASS = "multi-class"
    MULTI_LABEL = "multi-label"


@dataclass(frozen=True)
class LabelSpace:
    """The classes and their order. For a binary task the last class is the positive one."""

    task: Task
    labels: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def positive(self) -> str | None:
        """The class that a binary threshold speaks of."""
        return self.labels[-1] if self.task is Task.BINARY else None

    def encode(self, table: pd.DataFrame) -> NDArray[np.float32]:
        """Targets of every row, (rows, classes) of 0 and 1.

        Raises:
            DatasetError: naming labels that training has not seen, with rows.
        """
        if len(self.columns) > 1:
            return table[list(self.columns)].astype("float32").to_numpy()
        index = {label: position for position, label in enumerate(self.labels)}
        texts = [label_text(value) for value in table[self.columns[0]]]
        unseen = sorted({text for text in texts if text not in index})
        if unseen:
            raise DatasetError(
                f"The column {in_quotes(self.columns[0])} contains classes that do not occur in training: "
                f"{', '.join(unseen[:10])}.",
                hint="Add rows of these classes to the train dataframe, or remove these rows.",
                code="unseen_label",
                found=listed(unseen),
                expected=f"one of the {len(self.labels):,} classes of training",
            )
        targets = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        targets[np.arange(len(texts)), [index[text] for text in texts]] = 1.0
        return targets

    def has_labels(self, table: pd.DataFrame) -> bool:
        """Whether a table carries the label columns."""
        return all(column in table.columns for column in self.columns)


def label_text(value: object) -> str:
    """A label as text: `1` for 1 and 1.0, the word itself otherwise. `NA` and `None` are words like any other."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    return str(value).strip()


def label_space(table: pd.DataFrame, columns: Sequence[str], positive_class: str | None = None) -> LabelSpace:
    """The label space of a training table.

    One column: two classes are binary, more are multi-class. Several columns of 0 and 1: exactly one 1 in every row
    is multi-class, anything else multi-label.

    Raises:
        DatasetError: if there are fewer than two classes, or a 0/1 column holds something else.
    """
    if not columns:
        raise DatasetError(
            "No label column is chosen.",
            hint="Choose the column that holds the classes.",
            found="no column",
            expected="a column of classes",
        )
    if len(columns) > 1:
        return _space_of_columns(table, columns)
    column = columns[0]
    classes = sorted({label_text(value) for value in table[column].dropna()}, key=_natural)
    if len(classes) < LEAST_CLASSES:
        raise DatasetError(
            f"The column {in_quotes(column)} holds {len(classes)} class{'es' if len(classes) != 1 else ''}.",
            hint="Classification needs at least two classes.",
            code="one_class",
            found=f"only {listed(classes)}" if classes else "no class in any row",
            expected=f"at least {LEAST_CLASSES} classes",
        )
    if len(classes) == 2:
        positive = positive_class if positive_class in classes else _guess_positive(classes)
        classes = [one for one in classes if one != positive] + [positive]
        return LabelSpace(Task.BINARY, tuple(classes), (column,))
    return LabelSpace(Task.MULTI_CLASS, tuple(classes), (column,))


def _space_of_columns(table: pd.DataFrame, columns: Sequence[str]) -> LabelSpace:
    values = table[list(columns)]
    bad = [column for column in columns if not values[column].dropna().isin([0, 1]).all()]
    if bad:
        raise DatasetError(
            f"The columns {', '.join(bad)} contain values other than 0 and 1.",
            hint="With several label columns, each value must be 0 or 1.",
            code="not_binary_column",
            found=listed(value for value in values[bad[0]].dropna() if value not in (0, 1)),
            expected="0 or 1 in every label column",
        )
    is_exclusive = bool((values.sum(axis=1) == 1).all())
    return LabelSpace(Task.MULTI_CLASS if is_exclusive else Task.MULTI_LABEL, tuple(columns), tuple(columns))


def _guess_positive(classes: Sequence[str]) -> str:
    return next((one for one in classes if one.lower() in _POSITIVE_WORDS), classes[-1])


def _natural(text: str) -> tuple[int, float, str]:
    """Numbers by value, then words by alphabet."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)
