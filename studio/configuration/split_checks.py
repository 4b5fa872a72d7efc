"""What the folds or the holdout of settings will lack, told before a run is started: they are drawn as the run will."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from studio.datasets.dataset import Dataset
from studio.datasets.formatting import counted, listed
from studio.datasets.labels.label_checks import classes_present
from studio.datasets.labels.labels import LEAST_CLASSES, Task
from studio.errors import DatasetError, StudioError
from studio.runs.plan import planned_folds
from studio.settings.finding import Finding, FindingLevel
from studio.settings.schema import SettingsSchema

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200_000
"""Of a training table; drawing the folds of larger ones would make a form wait, and they lack no class by chance."""
STRATEGY = "dataset.validation_strategy"
_COLUMNS = ("dataset.label_columns", "dataset.fold_column", "dataset.group_fold_column")
MAX_EXAMPLES = 20


def split_findings(dataset: Dataset, settings: SettingsSchema) -> list[Finding]:
    """Errors where a planned run would have nothing to train or validate on, warnings where it lacks classes."""
    train = dataset.table_info(str(settings.value("dataset.train_dataframe")))
    if train is None or train.rows > MOST_ROWS:
        return []
    return list(_found(_Key(dataset, settings)))


class _Key:
    """A dataset and settings that give the same split when these are the same."""

    def __init__(self, dataset: Dataset, settings: SettingsSchema) -> None:
        self.dataset, self.settings = dataset, settings
        chosen = {name: value for name, value in settings.flat().items() if name.startswith("dataset.")}
        self._same = (str(dataset.folder), dataset.manifest.fingerprint, type(settings), repr(chosen))

    def __hash__(self) -> int:
        return hash(self._same)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._same == self._same


@lru_cache(maxsize=256)
def _found(key: _Key) -> tuple[Finding, ...]:
    dataset, settings = key.dataset, key.settings
    tables = _FewColumns(dataset, settings)
    are_classes = dataset.profile().task in set(Task)
    lacking: dict[str, list[str]] = {}
    findings: list[Finding] = []
    for fold in planned_folds(settings):
        name = "the holdout" if fold is None else f"fold {fold}"
        try:
            findings.extend(_of_fold(tables, settings, fold, name, lacking, are_classes=are_classes))
        except DatasetError as error:
            findings.append(_refused(error, name))
        except StudioError:
            return ()  # a table that is not there is said by the check of the setting that names it
    return (*dict.fromkeys(findings), *_lacking(lacking))


def _of_fold(
    tables: _FewColumns,
    settings: SettingsSchema,
    fold: str | None,
    name: str,
    lacking: dict[str, list[str]],
    *,
    are_classes: bool,
) -> Iterator[Finding]:
    from studio.datasets.folds import split

    parts = split(tables, settings, fold)
    if not are_classes:
        return
    columns = settings.value("dataset.label_columns")
    train, validation = (classes_present(table, columns) for table in (parts.train, parts.validation))
    if len(train) < LEAST_CLASSES:
        yield Finding(
            code="one_class",
            path=STRATEGY,
            message=f"The training rows of {name} hold {counted(len(train), 'class', 'classes')}, so nothing can be "
            "learned from them.",
            found=f"only {listed(sorted(train))}" if train else "no class",
            expected=f"at least {LEAST_CLASSES} classes in training",
            fix="Choose another validation strategy, other folds, or a larger data sample.",
        )
    for kind, missing in (("validation", validation - train), ("training", train - validation)):
        lacking.setdefault(kind, []).extend(f"{name}: {label}" for label in sorted(missing))


def _lacking(lacking: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for kind, level, words in (
        ("validation", FindingLevel.WARNING, "occur in validation only, so they are never learned and not scored"),
        ("training", FindingLevel.NOTE, "occur in training only, so no metric speaks of them"),
    ):
        if found := lacking.get(kind):
            yield Finding(
                level=level,
                code=f"only_in_{kind}",
                path=STRATEGY,
                message=f"Some classes {words} ({', '.join(found[:3])}{', ...' if len(found) > 3 else ''}).",
                found=listed(found),
                expected="every class in training and in validation",
                fix="Add rows of these classes, merge them, or choose another validation strategy.",
                count=len(found),
                examples=tuple(found[:MAX_EXAMPLES]),
            )


def _refused(error: DatasetError, name: str) -> Finding:
    path = "dataset.selected_folds" if error.code == "unknown_fold" else STRATEGY
    message = f"{name[0].upper()}{name[1:]} cannot be drawn: {error.message}"
    return Finding(
        code=error.code, path=path, message=message, found=error.found, expected=error.expected, fix=error.hint
    )


class _FewColumns:
    """The tables of a dataset, with the columns that a split looks at."""

    def __init__(self, dataset: Dataset, settings: SettingsSchema) -> None:
        self._dataset = dataset
        named = [settings.value(name) for name in _COLUMNS if name in settings.fields()]
        self._columns = {column for value in named for column in ([value] if isinstance(value, str) else value or ())}

    def table(self, name: str) -> pd.DataFrame:
        """See `Dataset.table`."""
        return self._dataset.table(name, self._columns | {"fold"})
