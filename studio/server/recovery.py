"""Recovery: what a crash, a kill or a restored backup left half done, step by step and thing by thing.

A start is for everything that is whole. What cannot be finished is failed with its cause, and holds up nothing else.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from studio.errors import StudioError
from studio.isolation import is_done_without

logger = logging.getLogger(__name__)
T = TypeVar("T")


def for_each(
    what: str, things: Iterable[T], step: Callable[[T], object], give_up: Callable[[T, dict[str, Any]], object]
) -> None:
    """Do a step for each thing; one whose step fails is given up with the cause, and the next one follows."""
    for thing in things:
        try:
            step(thing)
        except Exception as error:
            name = getattr(thing, "id", thing)
            logger.exception("The %s %.80r could not be recovered.", what, name)
            is_done_without(f"giving up the {what} {name!r:.80}", partial(give_up, thing, cause(error)))


def cause(error: Exception) -> dict[str, Any]:
    """Why something failed, for its page."""
    if isinstance(error, StudioError):
        return {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, FileNotFoundError):
        return {
            "code": "files_gone",
            "message": "Its files are not here: they were deleted, or the home is from a backup without them.",
            "hint": "Delete it, and import the data again.",
        }
    if isinstance(error, OSError):
        message = f"Its files cannot be used: {error.strerror or type(error).__name__}."
        return {"code": "files", "message": message, "hint": "Look at the disk and at the server's log."}
    if isinstance(error, UnicodeError):
        message = "A stored text contains an unpaired surrogate, which cannot be written to a file."
        return {"code": "text", "message": message, "hint": "Delete it, and import the data again."}
    message = f"It could not be continued after a restart ({type(error).__name__})."
    return {"code": "recovery", "message": message, "hint": "Delete it. Details are in the server's log."}
