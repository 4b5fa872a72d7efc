"""DecodingRoom: how many files are decoded at once, by what they need, so that large ones wait for each other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

ROOM_BYTES = 1 << 30


class DecodingRoom:
    """Memory that threads share. One that needs more than there is gets all of it, alone."""

    def __init__(self, size_bytes: int = ROOM_BYTES) -> None:
        self._size = size_bytes
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def take(self, wanted_bytes: int) -> Iterator[None]:
        """Wait until there is room for a file whose decoding takes so much."""
        needed = min(self._size, wanted_bytes)
        with self._changed:
            self._changed.wait_for(lambda: self._used + needed <= self._size)
            self._used += needed
        try:
            yield
        finally:
            with self._changed:
                self._used -= needed
                self._changed.notify_all()
