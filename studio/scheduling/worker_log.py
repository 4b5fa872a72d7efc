"""worker_log: what a worker prints is kept in at most three files of 50 MiB, the newest first."""

import logging
import os
import shutil
from pathlib import Path

logger = logging.getLogger(__name__)
MAX_BYTES = 50 << 20


def bound_log(path: Path) -> None:
    """Begin anew a log that has become too long; its newest part is kept in `worker.log.1`, the one before in `.2`.

    The worker holds the file open for appending, so it is copied and emptied, not renamed.
    """
    try:
        if path.stat().st_size <= MAX_BYTES:
            return
        first, second = path.with_name(f"{path.name}.1"), path.with_name(f"{path.name}.2")
        if first.exists():
            os.replace(first, second)
        with path.open("rb") as source, first.open("wb") as target:
            source.seek(-MAX_BYTES, os.SEEK_END)
            shutil.copyfileobj(source, target)
        first.chmod(0o600)
        os.truncate(path, 0)
    except FileNotFoundError:
        return
    except OSError as error:
        logger.warning("The log %s cannot be shortened: %s.", path.parent.name, error)
