"""Screenshots to be looked at, in the folder that STUDIO_SCREENSHOTS names; none without it."""

import os
from pathlib import Path
from typing import Any

FOLDER = os.environ.get("STUDIO_SCREENSHOTS")
TRANSITION_MS = 400


def keep(page: Any, name: str, *, full: bool = False) -> None:
    """The page as it is when nothing moves any more; with `full` down to its end."""
    if FOLDER:
        page.wait_for_timeout(TRANSITION_MS)
        page.screenshot(path=Path(FOLDER) / f"{name}.png", full_page=full)
