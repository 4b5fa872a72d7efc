"""Gate: what stands before the server of a scoring pipeline. Plain ASGI; it needs no web framework.

In this order, before anything of a request is looked at: is this host served here, does the request come from a page of
another site, is the token right, is there room for one more. Then the body is read, whole, within size and time.
"""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from studio.asgi import (
    NO_SNIFFING,
    NOT_STORED,
    NOTHING_LOADED,
    App,
    Headers,
    Message,
    Receive,
    Scope,
    Send,
    Unread,
    bearer_token,
    headers_of,
    is_length_within,
    read_body,
    replay,
)
from studio.errors import in_quotes

OPEN_PATHS = frozenset({"/health"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
ANY_HOST = "*"
MAX_AT_ONCE = 16
"""Requests whose bodies are held at one time; one is answered, the others wait."""
_HEADERS = (NO_SNIFFING, NOTHING_LOADED, NOT_STORED)


@dataclass(frozen=True)
class Rules:
    """What is let in."""

    token: str | None
    max_body_bytes: int
    hosts: frozenset[str] = frozenset()
    """Names beside those of this machine; `*` for every one."""
    body_seconds: float = 30.0


@dataclass(frozen=True)
class _Refusal:
    status: int
    detail: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Gate:
    """An application behind these rules."""

    def __init__(self, app: App, rules: Rules) -> None:
        self._app = app
        self._rules = rules
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope, receive, _with_headers(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        refusal = self._refusal(scope["path"], headers)
        if refusal is not None:
            await _refuse(send, refusal)
            return
        self._held += 1
        try:
            body = await _body(receive, self._rules)
            if isinstance(body, _Refusal):
                await _refuse(send, body)
            elif body is not None:
                await self._app(scope, replay(body, receive), send)
        finally:
            self._held -= 1

    def _refusal(self, path: str, headers: Headers) -> _Refusal | None:
        rules = self._rules
        host = _host(headers)
        if host is None or not (ANY_HOST in rules.hosts or _is_local(host) or host in rules.hosts):
            return _Refusal(
                403, f"The host {in_quotes(host or '')} is not served here. Start with --allow-host NAME to add it."
            )
        if headers.get(b"sec-fetch-site", [b"none"])[0] == b"cross-site" or not _is_same_site(headers):
            return _Refusal(403, "This request comes from a page of another site.")
        if path in OPEN_PATHS:
            return None
        if rules.token is not None and not _is_authorized(headers, rules.token):
            refused = ((b"www-authenticate", b"Bearer"),)
            return _Refusal(401, "Send the header Authorization: Bearer TOKEN.", refused)
        if not is_length_within(headers, rules.max_body_bytes):
            return _too_large(rules.max_body_bytes)
        if self._held >= MAX_AT_ONCE:
            return _Refusal(503, f"{MAX_AT_ONCE} requests are being answered. Try again.", ((b"retry-after", b"1"),))
        return None


def known_hosts(names: Iterable[str]) -> frozenset[str]:
    """Names of hosts as they are compared: without case, without the brackets of an address."""
    return frozenset(name.strip().lower().strip("[]") for name in names if name.strip())


def _host(headers: Headers) -> str | None:
    """The name in the Host header, which must be there exactly once; without port and brackets."""
    values = headers.get(b"host", [])
    if len(values) != 1:
        return None
    return _name(values[0].decode("latin-1"))


def _name(netloc: str) -> str | None:
    try:
        parts = urlsplit(f"//{netloc}")
        _ = parts.port
    except ValueError:
        return None
    if parts.netloc != netloc or "@" in netloc or not netloc.isascii():
        return None
    return parts.hostname


def _is_local(name: str) -> bool:
    if name in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _is_same_site(headers: Headers) -> bool:
    """No page asks, or one of this very host."""
    origins = headers.get(b"origin", [])
    if not origins:
        return True
    _, _, netloc = origins[0].decode("latin-1").lower().partition("://")
    return len(origins) == 1 and [netloc.encode()] == [one.lower() for one in headers[b"host"]]


def _is_authorized(headers: Headers, token: str) -> bool:
    given = bearer_token(headers)
    return given is not None and hmac.compare_digest(given, token.encode())


async def _body(receive: Receive, rules: Rules) -> bytes | _Refusal | None:
    """The whole body; None if the sender has gone."""
    body = await read_body(receive, limit=rules.max_body_bytes, seconds=rules.body_seconds)
    match body:
        case Unread.TOO_LARGE:
            return _too_large(rules.max_body_bytes)
        case Unread.TOO_SLOW:
            return _Refusal(408, f"The body was not here within {rules.body_seconds:.0f} seconds.")
        case Unread.SENDER_GONE:
            return None
    return body


def _too_large(limit: int) -> _Refusal:
    return _Refusal(413, f"At most {limit >> 20} MiB.")


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sent


async def _refuse(send: Send, refusal: _Refusal) -> None:
    body = json.dumps({"detail": refusal.detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # What is left of the body is not read: the connection ends.
    start = {"type": "http.response.start", "status": refusal.status}
    await send({**start, "headers": [*headers, (b"connection", b"close"), *refusal.headers]})
    await send({"type": "http.response.body", "body": body})
