"""Lanes: threads of their own for kinds of work that may take long, so that none of it keeps anything else waiting.

Requests without a lane share the server's other threads; those with one wait in it, or are refused with 429 where too
many wait already. Nobody waits in a thread.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial, wraps
from typing import Literal, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import anyio.to_thread
from anyio import CapacityLimiter

from studio.errors import StudioError

LaneName = Literal["settings", "starts", "previews", "tables", "exports", "deletions", "predictions", "uploads"]
SIZES: dict[LaneName, tuple[int, int]] = {
    "settings": (4, 256),
    "starts": (4, 256),
    "previews": (1, 8),
    "tables": (4, 256),
    "exports": (2, 32),
    "deletions": (2, 256),
    "predictions": (2, 32),
    "uploads": (8, 512),
}
"""Threads of a lane, and how many requests may wait for one of them."""
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class TooManyError(StudioError):
    """So many requests wait already that one more would not be answered soon."""

    code = "too_many"

    def __init__(self, what: str) -> None:
        super().__init__(f"Too many requests wait for {what}.", hint="Try again in a moment.")


class Lane:
    """Some threads, and a bounded number of requests that wait for them."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._name = name
        self._threads = threads
        self._most = threads + waiting
        self._inside = 0
        self._limiters: WeakKeyDictionary[asyncio.AbstractEventLoop, CapacityLimiter] = WeakKeyDictionary()

    async def run(self, work: Callable[[], T]) -> T:
        """What work gives, done in one of the threads.

        Raises:
            TooManyError: if too many wait.
        """
        if self._inside >= self._most:
            raise TooManyError(self._name)
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter())
        finally:
            self._inside -= 1

    def _limiter(self) -> CapacityLimiter:
        loop = asyncio.get_running_loop()
        if loop not in self._limiters:
            self._limiters[loop] = CapacityLimiter(self._threads)
        return self._limiters[loop]


class Lanes:
    """The lanes of a server."""

    def __init__(self) -> None:
        self._lanes = {name: Lane(name, *size) for name, size in SIZES.items()}

    def __getitem__(self, name: LaneName) -> Lane:
        return self._lanes[name]


def in_lane(name: LaneName) -> Callable[[Callable[P, R]], Callable[P, Awaitable[R]]]:
    """Have a route done in a lane of the studio that it is called with."""

    def decorate(route: Callable[P, R]) -> Callable[P, Awaitable[R]]:
        @wraps(route)
        async def waiting(*args: P.args, **values: P.kwargs) -> R:
            lanes = getattr(values["studio"], "lanes", None)
            assert isinstance(lanes, Lanes)
            return await lanes[name].run(partial(route, *args, **values))

        return waiting

    return decorate


class Turns:
    """One at a time for each key, in the order they came, with a bounded number that waits."""

    def __init__(self, what: str, waiting: int) -> None:
        self._what = what
        self._waiting = waiting
        self._inside: Counter[str] = Counter()
        self._locks: dict[str, asyncio.Lock] = {}

    @contextmanager
    def place(self, key: str) -> Iterator[None]:
        """A place in the line, kept until its turn is over.

        Raises:
            TooManyError: if the line is full.
        """
        if self._inside[key] > self._waiting:
            raise TooManyError(self._what)
        self._inside[key] += 1
        try:
            yield
        finally:
            self._inside[key] -= 1
            if not self._inside[key]:
                del self._inside[key]
                self._locks.pop(key, None)

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """The turn of whoever has a place."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            yield
