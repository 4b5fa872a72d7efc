"""The registry: finds problem folders here and in packages that declare the entry point group `studio.problem_types`.

Loads only their `spec`, which is light. An entry point names a ProblemType: `my_package.my_type.spec:PROBLEM_TYPE`.
"""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TypeGuard

from studio import problems
from studio.errors import NotFoundError
from studio.problems.contract import ProblemType

ENTRY_POINT_GROUP = "studio.problem_types"
PARTS = frozenset({"inputs", "tasks"})
"""Packages beside the problem folders that these are composed from."""


@cache
def problem_types() -> dict[str, ProblemType]:
    """Every problem type by id, ours first, each group by title.

    Raises:
        TypeError: if a folder's spec or an entry point is not a ProblemType, or an id is taken twice.
    """
    own = [_of_folder(id) for id in _folders()]
    others = [entry.load() for entry in entry_points(group=ENTRY_POINT_GROUP)]
    found: dict[str, ProblemType] = {}
    for one in [*sorted(own, key=lambda t: (t.category, t.title)), *others]:
        if not isinstance(one, ProblemType) or one.id in found:
            raise TypeError(f"{one!r} is not a new ProblemType.")
        found[one.id] = one
    return found


def problem_type(id: str) -> ProblemType:
    """The problem type with this id. Of ours, only its own folder is imported: commands are asked for one at a time.

    Raises:
        NotFoundError: with the nearest ids.
        TypeError: as `problem_types`.
    """
    if id in _folders():
        return _of_folder(id)
    known = problem_types()
    if id not in known:
        raise NotFoundError.among("problem type", id, known)
    return known[id]


def is_problem_type(id: object) -> TypeGuard[str]:
    """Whether there is a problem type with this id."""
    return isinstance(id, str) and (id in _folders() or id in problem_types())


@cache
def _folders() -> frozenset[str]:
    """The folders of our own problem types, each named by the id."""
    return frozenset(
        module.name for module in pkgutil.iter_modules(problems.__path__) if module.ispkg and module.name not in PARTS
    )


@cache
def _of_folder(id: str) -> ProblemType:
    kind = importlib.import_module(f"{problems.__name__}.{id}.spec").PROBLEM_TYPE
    if not isinstance(kind, ProblemType) or kind.id != id:
        raise TypeError(f"{kind!r} is not the ProblemType {id!r} that its folder names.")
    return kind
