"""Hub: numbered messages of everything that changes, kept in a bounded ring that streams read from.

No queue a client: each stream holds a position in the ring, so a slow one costs nothing and falls out of the ring.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

RING_MESSAGES = 2048


@dataclass(frozen=True)
class Message:
    """One message; `id` rises by one from message to message."""

    id: int
    topics: frozenset[str]
    event: str
    data: Any


class Hub:
    """Publish from any thread; listen from an event loop."""

    def __init__(self, ring_messages: int = RING_MESSAGES, first_id: int | None = None) -> None:
        self._ring: deque[Message] = deque(maxlen=ring_messages)
        self._lock = threading.Lock()
        # Numbers rise across restarts too, so a number of an earlier server is older than this ring.
        self._next_id = int(time.time() * 1000) if first_id is None else first_id
        self._listeners: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}
        self._is_closed = False

    @property
    def last_id(self) -> int:
        """The number of the newest message."""
        return self._next_id - 1

    @property
    def is_closed(self) -> bool:
        """Whether the server is going away."""
        return self._is_closed

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def publish(self, topics: Iterable[str], event: str, data: Any) -> None:
        """Add a message for everyone who listens to one of the topics."""
        with self._lock:
            self._ring.append(Message(self._next_id, frozenset(topics), event, data))
            self._next_id += 1
        self._wake()

    def since(self, id: int, topics: frozenset[str]) -> tuple[list[Message], int] | None:
        """Messages of the topics behind number `id`, and the newest number; None if some were already dropped."""
        with self._lock:
            newest = self._next_id - 1
            oldest = self._ring[0].id if self._ring else self._next_id
            if id > newest or id < oldest - 1:
                return None
            # The ring is contiguous, so the position follows from the number.
            start = id + 1 - oldest
            fresh = [self._ring[index] for index in range(start, len(self._ring))] if start < len(self._ring) else []
        return [message for message in fresh if message.topics & topics], newest

    def listen(self) -> asyncio.Event:
        """An event of the running loop that is set when there is something new. Give it back with `leave`."""
        event = asyncio.Event()
        with self._lock:
            self._listeners[id(event)] = (asyncio.get_running_loop(), event)
        return event

    def leave(self, event: asyncio.Event) -> None:
        """Stop listening."""
        with self._lock:
            self._listeners.pop(id(event), None)

    def close(self) -> None:
        """End every stream."""
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            listeners = list(self._listeners.values())
        for loop, event in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
