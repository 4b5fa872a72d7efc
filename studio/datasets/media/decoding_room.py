"""DecodingRoom: how many images are decoded at once, by what they need, so that large ones wait for each other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from studio.datasets.media.image_facts import NUMPY, ImageFacts

ROOM_BYTES = 1 << 30
BYTES_PER_PIXEL = 12
"""Of a decoder at its worst: the decoded image, one that is made of it, and what the decoder itself holds."""
BYTES_PER_VALUE = 3
"""Of a NumPy file, whose values are converted a block at a time."""


class DecodingRoom:
    """Memory that threads share. One that needs more than there is gets all of it, alone."""

    def __init__(self, size_bytes: int = ROOM_BYTES) -> None:
        self._size = size_bytes
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def take(self, facts: ImageFacts) -> Iterator[None]:
        """Wait until there is room for an image of this size."""
        needed = min(self._size, needed_bytes(facts))
        with self._changed:
            self._changed.wait_for(lambda: self._used + needed <= self._size)
            self._used += needed
        try:
            yield
        finally:
            with self._changed:
                self._used -= needed
                self._changed.notify_all()


def needed_bytes(facts: ImageFacts) -> int:
    """What decoding an image takes at most, about."""
    pixels = facts.width * facts.height
    return pixels * (facts.channels * BYTES_PER_VALUE if facts.format == NUMPY else BYTES_PER_PIXEL)
