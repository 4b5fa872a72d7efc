"""silence: how long a run may make no progress, the same for the server and its workers."""

from collections.abc import Mapping

VARIABLE = "STUDIO_HANG_SECONDS"
HANG_SECONDS = 300.0


def hang_seconds(environment: Mapping[str, str]) -> float:
    """Seconds without progress before a run is taken for hanging, as set or by default."""
    try:
        return max(1.0, float(environment[VARIABLE]))
    except (KeyError, ValueError):
        return HANG_SECONDS
