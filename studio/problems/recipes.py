"""From a problem type to its recipe's class, which only compute processes import."""

import importlib
from typing import Any

from studio.modeling.recipe import Recipe
from studio.problems.contract import ProblemType


def recipe_class(problem_type: ProblemType) -> type[Recipe[Any]]:
    """The class that `ProblemType.recipe` names as `module:Class`.

    Raises:
        TypeError: if it names something else.
    """
    module, _, name = problem_type.recipe.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, Recipe)):
        raise TypeError(f"{problem_type.recipe} is not a Recipe.")
    return found
