"""EventStream: one browser's server-sent events, resumed at the last number or begun with a snapshot."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from studio.scheduling.hub import Hub, Message

logger = logging.getLogger(__name__)
KEEP_ALIVE_SECONDS = 15.0
_NUMBER = re.compile("[0-9]{1,18}")
PAUSE_SECONDS = 0.05
"""Between two bursts, so that messages of one moment leave together."""


class EventStream:
    """The messages of some topics."""

    def __init__(self, hub: Hub, topics: frozenset[str], last_event_id: str | None) -> None:
        self._hub = hub
        self._topics = topics
        self._last = int(last_event_id) if last_event_id and _NUMBER.fullmatch(last_event_id) else None

    async def messages(self) -> AsyncIterator[bytes]:
        """Encoded messages, without end, until the client or the server leaves."""
        wake = self._hub.listen()
        try:
            yield b"retry: 1000\n\n"
            position = self._last
            while not self._hub.is_closed:
                wake.clear()
                fresh = self._hub.since(position, self._topics) if position is not None else None
                if fresh is None:
                    position = self._hub.last_id
                    yield encode(position, "snapshot", {"topics": sorted(self._topics)})
                    continue
                messages, position = fresh
                if messages:
                    yield b"".join(_encoded(messages))
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                try:
                    await asyncio.wait_for(wake.wait(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield b": alive\n\n"
        finally:
            self._hub.leave(wake)


def _encoded(messages: Iterable[Message]) -> Iterator[bytes]:
    """What can be sent of some messages; one that cannot ends nobody's stream."""
    for one in messages:
        try:
            yield encode(one.id, one.event, one.data)
        except ValueError:
            logger.exception("A %s cannot be sent.", one.event)


def encode(id: int, event: str, data: Any) -> bytes:
    """One message as it goes over the wire."""
    text = data.model_dump_json() if isinstance(data, BaseModel) else json.dumps(data, allow_nan=False)
    return f"id: {id}\nevent: {event}\ndata: {text}\n\n".encode()
