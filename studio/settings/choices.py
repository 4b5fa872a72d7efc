"""Where the options of a setting come from: the annotation, the dataset, the machine, or a library's list of names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

Option = tuple[Any, str]
"""A value and the words for it."""


@dataclass(frozen=True)
class Column:
    """One column of a table, as choices need it."""

    name: str
    kind: str
    """text, integer, number, boolean, list or file."""
    distinct: int = 0


@dataclass(frozen=True)
class ChoiceContext:
    """What the present dataset and machine offer. Empty where none is chosen."""

    columns: tuple[Column, ...] = ()
    tables: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    folds: tuple[str, ...] = ("0", "1", "2", "3", "4")
    devices: tuple[Option, ...] = ()
    label_values: tuple[str, ...] = ()
    experiments: tuple[Option, ...] = ()
    datasets: tuple[Option, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Numbers that conditions may look at, such as `machine.gpu_count`."""


class Choices:
    """A source of options. `is_open` says that other values may be typed in."""

    is_open = False
    allows_none = False

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        """The options in this context, in the order to show them."""
        raise NotImplementedError

    def is_known(self, context: ChoiceContext) -> bool:
        """Whether the context says anything about these options (a column list without a dataset does not)."""
        return bool(self.options(context))


@dataclass(frozen=True)
class Columns(Choices):
    """Columns of the training table; `kinds` narrows them."""

    kinds: tuple[str, ...] = ()
    allows_none: bool = False

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return [(c.name, c.name) for c in context.columns if not self.kinds or c.kind in self.kinds]

    def is_known(self, context: ChoiceContext) -> bool:
        return bool(context.columns)


@dataclass(frozen=True)
class Tables(Choices):
    """Tables of the dataset."""

    allows_none: bool = True

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return [(name, name) for name in context.tables]


@dataclass(frozen=True)
class Folders(Choices):
    """Media folders of the dataset."""

    allows_none: bool = True

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return [(name, name) for name in context.folders]


@dataclass(frozen=True)
class Folds(Choices):
    """Values of the fold column, or 0 to 4 where folds are made automatically."""

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return [(fold, fold) for fold in context.folds]


@dataclass(frozen=True)
class LabelValues(Choices):
    """Values of the label column."""

    allows_none: bool = True

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return [(value, value) for value in context.label_values]


@dataclass(frozen=True)
class Devices(Choices):
    """The machine's GPUs: index from 0 as value, number from 1 with the name as words."""

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return list(context.devices)

    def is_known(self, context: ChoiceContext) -> bool:
        return True


@dataclass(frozen=True)
class Experiments(Choices):
    """The experiments there are, by name. One that is gone stays as a note of where settings came from."""

    allows_none: bool = True
    is_open = True

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return list(context.experiments)


@dataclass(frozen=True)
class Datasets(Choices):
    """The imported datasets."""

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return list(context.datasets)


@dataclass(frozen=True)
class Library(Choices):
    """Names of a model library: a few suggested ones first, any other of the library can be typed."""

    name: str
    suggested: tuple[str, ...] = ()
    with_hub_names: bool = False
    """Whether models of the Hugging Face hub are taken as well, by owner/name."""
    is_open = True

    def options(self, context: ChoiceContext) -> Sequence[Option]:
        return [(name, name) for name in self.suggested]

    def names(self) -> frozenset[str]:
        """Every name the library knows, from a list made by `make schema`."""
        return library_names(self.name)


@cache
def library_names(name: str) -> frozenset[str]:
    """The names in `settings/libraries/<name>.txt`; empty if there is no such list."""
    path = resources.files("studio.settings") / "libraries" / f"{name}.txt"
    return frozenset(path.read_text().split()) if path.is_file() else frozenset()
