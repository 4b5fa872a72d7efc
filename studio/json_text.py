"""JSON of others, read within a stated depth: what is deeper would exhaust the stack of whatever walks it later."""

import json
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 64
"""Levels of lists and objects in a document."""


class DepthError(ValueError):
    """A value that is nested deeper than is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"it is nested more than {limit} deep")


def parse_json(
    text: str | bytes,
    *,
    max_depth: int = MAX_DEPTH,
    object_hook: Callable[[dict[str, Any]], Any] | None = None,
    parse_constant: Callable[[str], Any] | None = None,
) -> Any:
    """The value of a JSON text; a plain list or object is one deep.

    Raises:
        ValueError: if it is no JSON; DepthError if it is nested deeper than `max_depth`.
    """
    try:
        value = json.loads(text, object_hook=object_hook, parse_constant=parse_constant)
    except RecursionError:
        raise DepthError(max_depth) from None
    require_depth(value, max_depth)
    return value


def require_depth(value: Any, limit: int) -> None:
    """Check how deep lists, tuples and mappings are nested, level by level and without recursion.

    Raises:
        DepthError: beyond `limit`.
    """
    level, depth = ([value] if _is_nested(value) else []), 0
    while level:
        depth += 1
        if depth > limit:
            raise DepthError(limit)
        level = [inner for one in level for inner in (one.values() if type(one) is dict else one) if _is_nested(inner)]


def _is_nested(value: Any) -> bool:
    return type(value) in (dict, list, tuple)
