"""Disk: what an error of writing means, with the numbers that say what to do about it."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.errors import TrainingError

FULL = frozenset({errno.ENOSPC})
LIMITED = frozenset({errno.EFBIG, errno.EDQUOT})
READ_ONLY = frozenset({errno.EROFS})
BROKEN = frozenset({errno.EIO})
_NUMBER = re.compile(r"(?:os error|errno) (\d+)", re.IGNORECASE)


class DiskError(TrainingError):
    """What was to be written could not be; `code` says why."""

    code = "disk_error"


def error_number(error: BaseException | None) -> int | None:
    """The operating system's number behind an exception, if there is one.

    Libraries that write by themselves (safetensors, Arrow) carry it in their text alone.
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno
        if type(error).__name__ in ("SafetensorError", "ArrowException", "OSError"):
            found = _NUMBER.search(str(error))
            if found:
                return int(found[1])
        error = error.__cause__
    return None


def disk_error(error: BaseException, what: str, folder: Path | None, needed_bytes: int = 0) -> DiskError | None:
    """The failure that an exception while writing `what` stands for; None if the disk is not behind it."""
    number = error_number(error)
    if number in FULL:
        needed = f"{what} needs {_megabytes(needed_bytes)}" if needed_bytes else f"{what} could not be written"
        free = f"; {_megabytes(shutil.disk_usage(folder).free)} are free" if folder is not None else ""
        return DiskError(
            f"The disk is full: {needed}{free}.",
            hint="Delete experiments or datasets that are no longer needed, then resume.",
            code="disk_full",
        )
    if number in LIMITED:
        limit = "a file may not grow any larger" if number == errno.EFBIG else "your disk quota is used up"
        return DiskError(
            f"{what[0].upper()}{what[1:]} could not be written: {limit}.",
            hint="Raise the limit on file sizes or the quota of this account, then resume.",
            code="disk_quota",
        )
    if number in READ_ONLY:
        return DiskError(
            f"The disk became read-only: {what} could not be written.",
            hint="Have the disk checked and mounted for writing, then resume.",
            code="disk_read_only",
        )
    if number in BROKEN:
        return DiskError(
            f"The disk reported an error: {what} could not be written.",
            hint="Have the disk checked, or move the home to another one, then resume.",
            code="disk_error",
        )
    return None


@contextmanager
def writing(what: str, folder: Path, needed_bytes: int = 0) -> Iterator[None]:
    """Around what writes files: errors of the disk become failures that name it.

    Raises:
        DiskError: if the disk takes no more.
    """
    try:
        yield
    except Exception as error:
        named = disk_error(error, what, folder, needed_bytes)
        if named is None or isinstance(error, TrainingError):
            raise
        raise named from error


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
