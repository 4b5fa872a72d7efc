"""Memory that the allocator keeps although nothing uses it, given back to the system."""

import ctypes
import resource
import sys
from collections.abc import Callable
from pathlib import Path

GROWTH_BYTES = 128 << 20
"""So much may a process grow before it is looked at: giving back after every batch costs a third of its time."""

_STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Memory that this process has in use or kept, 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def trim_of_libc() -> Callable[[], object] | None:
    """What gives freed memory back, where the C library is glibc."""
    if sys.platform != "linux":
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return None if trim is None else lambda: trim(0)


class FreedMemory:
    """Called after every batch of a long table. Batches of large tensors leave holes that glibc does not return."""

    def __init__(
        self,
        resident: Callable[[], int] = resident_bytes,
        trim: Callable[[], object] | None = None,
        growth_bytes: int = GROWTH_BYTES,
    ) -> None:
        self._resident = resident
        self._trim = trim or trim_of_libc()
        self._growth = growth_bytes
        self._base = resident()

    def give_back(self) -> None:
        """Give memory back if this process has grown; what it needs is the new measure."""
        if self._trim is None or self._resident() < self._base + self._growth:
            return
        self._trim()
        self._base = max(self._base, self._resident())
