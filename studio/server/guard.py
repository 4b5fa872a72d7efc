"""Guard: the outermost layer. Host, credential, origin, body type and size, and the headers of every answer.

It wraps the whole app, so that no mount, stream or later route can be forgotten, and denies unless a rule lets in.
"""

import ipaddress
import json
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.server.auth import Sessions
from studio.server.json_body import MAX_BYTES, Refusal, judge, read_body, replay

STREAMS_A_SESSION = 6
SAFE_METHODS = frozenset({"GET", "HEAD"})
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_OPEN_API = frozenset({"/api/health"})


class Guard:
    """Lets in who may come in."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, *, ports: frozenset[int], version: str, is_embedded: bool = False
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._ports = ports
        self._version = version.encode()
        self._is_embedded = is_embedded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        send = self._with_headers(scope, send)
        refusal, credential = self._judge(scope)
        if refusal is not None:
            await _answer(send, refusal)
            return
        if scope["method"] not in SAFE_METHODS and not _takes_raw(scope["path"], scope["method"]):
            body = await read_body(receive)
            if body is None:
                return
            if isinstance(body, bytes):
                body = judge(body) or body
            if isinstance(body, Refusal):
                await _answer(send, body)
                return
            receive = replay(body, receive)
        if scope["path"] != "/api/events":
            await self._app(scope, receive, send)
            return
        if not self._sessions.enter_stream(credential, STREAMS_A_SESSION):
            await _answer(send, Refusal(429, "too_many_streams", f"More than {STREAMS_A_SESSION} streams are open."))
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._sessions.leave_stream(credential)

    def _judge(self, scope: Scope) -> tuple[Refusal | None, str]:
        """A refusal or None, and the credential."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        host = self._host(headers)
        if host is None:
            return Refusal(403, "host", "This name does not belong to this server."), ""
        path, method = scope["path"], scope["method"]
        is_api = path == "/api" or path.startswith("/api/")
        if not is_api:
            # The shell of the page and the launch exchange; they hold nothing of anybody's.
            if method not in SAFE_METHODS:
                return Refusal(405, "method", "Only GET and HEAD are answered here."), ""
            return None, ""
        if path in _OPEN_API and method in SAFE_METHODS:
            return None, ""
        credential, is_cookie = self._credential(headers)
        if not credential:
            return Refusal(401, "unauthorized", "Open the address that `studio serve` printed, or send the token."), ""
        if is_cookie and (method not in SAFE_METHODS or path == "/api/events"):
            origin = headers.get(b"origin", [])
            is_own = origin == [f"http://{host}".encode()]
            # Browsers send no Origin with a same-origin GET stream; there this header, which pages cannot set, says it.
            is_own_stream = path == "/api/events" and not origin and headers.get(b"sec-fetch-site") == [b"same-origin"]
            if not (is_own or is_own_stream):
                return Refusal(403, "origin", "This request does not come from the studio's own page."), ""
        if method not in SAFE_METHODS:
            refusal = _judge_body(path, method, headers)
            if refusal is not None:
                return refusal, ""
        return None, credential

    def _host(self, headers: dict[bytes, list[bytes]]) -> str | None:
        """The Host header if it names this server, exactly once."""
        if self._is_embedded:
            return "localhost"
        values = headers.get(b"host", [])
        if len(values) != 1:
            return None
        try:
            text = values[0].decode("ascii").lower()
            parts = urlsplit(f"//{text}")
            name, port = parts.hostname, parts.port
        except (UnicodeDecodeError, ValueError):
            return None
        if parts.path or parts.query or parts.fragment or "@" in text or (port is not None and port not in self._ports):
            return None
        # `hostname` drops the brackets of an IPv6 literal; without them it is no valid Host.
        if name == "localhost" or (name == "127.0.0.1") or (text.startswith("[") and _is_loopback6(name)):
            return text
        return None

    def _credential(self, headers: dict[bytes, list[bytes]]) -> tuple[str, bool]:
        """A valid credential and whether it is a cookie; empty if there is none."""
        for value in headers.get(b"authorization", []):
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer" and self._sessions.is_token(token.strip()):
                return token.strip(), False
            return "", False
        for value in headers.get(b"cookie", []):
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(self._sessions.cookie_name)
            except CookieError:
                continue
            if morsel is not None and self._sessions.is_session(morsel.value):
                return morsel.value, True
        return "", False

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        is_api = scope["path"].startswith("/api")

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                names = {name.lower() for name, _ in headers}
                headers.extend(pair for pair in HEADERS if pair[0] not in names)
                if b"content-security-policy" not in names:
                    headers.append((b"content-security-policy", API_POLICY))
                if is_api and b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                headers.append((b"x-studio-version", self._version))
                message["headers"] = headers
            await send(message)

        return wrapped


def _judge_body(path: str, method: str, headers: dict[bytes, list[bytes]]) -> Refusal | None:
    lengths = headers.get(b"content-length", [])
    has_body = b"transfer-encoding" in headers or any(value != b"0" for value in lengths)
    if _takes_raw(path, method):
        return None
    if not has_body:
        return None
    kind = b",".join(headers.get(b"content-type", [])).split(b";")[0].strip().lower()
    if kind != b"application/json":
        return Refusal(415, "media_type", "Bodies are application/json here.")
    if any(not value.isdigit() or len(value) > 18 or int(value) > MAX_BYTES for value in lengths):
        return Refusal(413, "too_large", f"A body has at most {MAX_BYTES:,} bytes here.")
    return None


def _takes_raw(path: str, method: str) -> bool:
    """The two routes that take bytes as they are."""
    parts = path.strip("/").split("/")
    is_upload = method == "PUT" and len(parts) == 3 and parts[:2] == ["api", "uploads"]
    is_answer = method == "POST" and len(parts) == 4 and parts[:2] == ["api", "runs"] and parts[3] == "answer"
    return is_upload or is_answer


def _is_loopback6(name: str | None) -> bool:
    try:
        return ipaddress.IPv6Address(name or "") == ipaddress.IPv6Address("::1")
    except ValueError:
        return False


async def _answer(send: Send, refusal: Refusal) -> None:
    error = {"code": refusal.code, "message": refusal.message, "hint": ""}
    # A 422 has the same form wherever it comes from.
    value = {"error": error, "findings": []} if refusal.status == 422 else {"error": error}
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status in (408, 413):
        headers.append((b"connection", b"close"))  # what is still to come of the body is not read
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
