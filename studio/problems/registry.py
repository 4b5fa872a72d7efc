"""The registry: finds problem folders here and in packages that declare the entry point group `studio.problem_types`.

Loads only their `spec`, which is light. An entry point names a ProblemType: `my_package.my_type.spec:PROBLEM_TYPE`.
"""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points

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
    own = [
        importlib.import_module(f"{problems.__name__}.{module.name}.spec").PROBLEM_TYPE
        for module in pkgutil.iter_modules(problems.__path__)
        if module.ispkg and module.name not in PARTS
    ]
    others = [entry.load() for entry in entry_points(group=ENTRY_POINT_GROUP)]
    found: dict[str, ProblemType] = {}
    for one in [*sorted(own, key=lambda t: (t.category, t.title)), *others]:
        if not isinstance(one, ProblemType) or one.id in found:
            raise TypeError(f"{one!r} is not a new ProblemType.")
        found[one.id] = one
    return found


def problem_type(id: str) -> ProblemType:
    """The problem type with this id.

    Raises:
        NotFoundError: with the nearest ids.
    """
    known = problem_types()
    if id not in known:
        raise NotFoundError.among("problem type", id, known)
    return known[id]
