"""Requests as ASGI gives them: headers by name, the bearer token, and a body that is read whole, within size and time.

The server and the server of a scoring pipeline stand on the same rules; neither needs a web framework for them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from enum import Enum
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Mapping[bytes, list[bytes]]

NO_SNIFFING = (b"x-content-type-options", b"nosniff")
NOTHING_LOADED = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""For answers that are no pages."""
NOT_STORED = (b"cache-control", b"no-store")
MOST_DIGITS = 18
"""Of a length; Python reads numbers of any size, slowly."""


class Unread(Enum):
    """Why there is no body."""

    TOO_LARGE = "too large"
    TOO_SLOW = "too slow"
    SENDER_GONE = "sender gone"


def headers_of(scope: Mapping[str, Any]) -> dict[bytes, list[bytes]]:
    """Every value of every header, by the name in lower case."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(bytes(name).lower(), []).append(bytes(value))
    return found


def bearer_token(headers: Headers) -> bytes | None:
    """The token of the one Authorization header; None if there is none, another scheme, or several headers."""
    values = headers.get(b"authorization", [])
    if len(values) != 1:
        return None
    scheme, _, token = values[0].partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else None


def is_length_within(headers: Headers, limit: int) -> bool:
    """Whether what the headers say of the body's length is a number of bytes up to the limit, or nothing."""
    lengths = headers.get(b"content-length", [])
    return all(len(one) <= MOST_DIGITS and one.isdigit() and int(one) <= limit for one in lengths)


async def read_body(receive: Receive, *, limit: int, seconds: float) -> bytes | Unread:
    """The bytes of a body, at most `limit` of them; what is beyond is not read."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return Unread.SENDER_GONE
                body += message.get("body", b"")
                if len(body) > limit:
                    return Unread.TOO_LARGE
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return Unread.TOO_SLOW


def replay(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read to the app, then whatever comes next."""
    is_given = False

    async def replayed() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
