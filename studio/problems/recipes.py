"""From a problem type to its recipe's class, which only compute processes import."""

import importlib
from typing import Any

from studio.modeling.recipe import Recipe
from studio.problems.contract import ProblemType


def recipe_class(problem_type: ProblemType, model_type: str | None = None) -> type[Recipe[Any]]:
    """The class that the model type, or else the problem type, names as `module:Class`; None is the first model type.

    Raises:
        TypeError: if it names something else.
    """
    named = problem_type.model_type(model_type).recipe or problem_type.recipe
    module, _, name = named.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, Recipe)):
        raise TypeError(f"{named} is not a Recipe.")
    return found
