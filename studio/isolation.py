"""isolation: steps whose failure is their own affair, and stands in the log."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


def is_done_without(what: str, step: Callable[[], object]) -> bool:
    """Do a step that nothing else depends on; says whether it succeeded. `what` completes "A step failed: ..."."""
    try:
        step()
    except Exception:
        logger.exception("A step failed, and is left out: %s.", what)
        return False
    return True
