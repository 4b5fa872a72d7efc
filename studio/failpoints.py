"""Failpoints: named places where a test has a process die or a call fail, ordered in STUDIO_FAIL.

    STUDIO_FAIL=checkpoint_before_rename:kill           die there by SIGKILL, the first time
    STUDIO_FAIL=checkpoint_files:enospc@3,after_cas:kill    from the third time on, the disk is full; and another

Without the variable a failpoint costs one look into the environment.
"""

import errno
import os
import signal
from collections import Counter

VARIABLE = "STUDIO_FAIL"
FAILPOINTS = frozenset(
    {
        "after_cas",
        "after_spawn",
        "backup_half",
        "bundle",
        "checkpoint_after_rename",
        "checkpoint_before_rename",
        "checkpoint_file",
        "checkpoint_files",
        "checkpoint_manifest",
        "checkpoint_prune",
        "dataset_after_rename",
        "dataset_before_rename",
        "delete_entombed",
        "delete_files_gone",
        "event_log",
        "migration",
        "pipeline_before_rename",
        "pipeline_half",
        "prediction_entombed",
        "predictions",
        "start",
        "update",
        "upload_durable",
        "validation",
    }
)
"""Every place there is; a test holds that each is hit by some test."""

_ERRORS = {"enospc": errno.ENOSPC, "eio": errno.EIO, "efbig": errno.EFBIG, "erofs": errno.EROFS}
_seen: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Do here what a test ordered, if it did.

    Raises:
        OSError: the ordered one.
        RuntimeError: if the order is none that is known.
    """
    orders = os.environ.get(VARIABLE)
    if not orders:
        return
    for order in orders.split(","):
        place, _, action = order.partition(":")
        if place == name:
            action, _, number = action.partition("@")
            _seen[name] += 1
            if _seen[name] >= int(number or 1):
                _act(action, name)


def _act(action: str, name: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action not in _ERRORS:
        raise RuntimeError(f"{VARIABLE} orders {action!r} at {name}, which is not known.")
    raise OSError(_ERRORS[action], os.strerror(_ERRORS[action]))
