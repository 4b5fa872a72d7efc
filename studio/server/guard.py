"""Guard: the outermost layer. Host, credential, origin, body type and size, and the headers of every answer.

It wraps the whole app, so that no mount, stream or later route can be forgotten, and denies unless a rule lets in.
"""

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.asgi import (
    NO_SNIFFING,
    NOT_STORED,
    NOTHING_LOADED,
    Headers,
    bearer_token,
    headers_of,
    is_length_within,
    replay,
)
from studio.server.accounts import account_of
from studio.server.auth import Sessions
from studio.server.cookies import cookies_named
from studio.server.json_body import MAX_BYTES, Refusal, read_json_body
from studio.server.launching import link_command

STREAMS_A_SESSION = 6
HTTP_PORT = 80
SAFE_METHODS = frozenset({"GET", "HEAD"})
HEADERS = (
    NO_SNIFFING,
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    NOTHING_LOADED,
)
_OPEN_API = frozenset({"/api/health"})

_UNKNOWN = "This browser is not signed in. Run `{command}` where the server runs, and open the address that it prints."


class Guard:
    """Lets in who may come in."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, *, ports: frozenset[int], version: str, is_embedded: bool = False
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = own_hosts(ports)
        self._version = version.encode()
        self._is_embedded = is_embedded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal, credential = self._judge(scope)
        send = self._with_headers(scope, send, is_let_in=bool(credential))
        if refusal is not None:
            await _answer(send, refusal)
            return
        if scope["method"] not in SAFE_METHODS and not _takes_raw(scope["path"], scope["method"]):
            body = await read_json_body(receive)
            if body is None:
                return
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
        headers = headers_of(scope)
        host = self._host(headers)
        if host is None:
            return Refusal(403, "host", "This host name is not allowed."), ""
        path, method = scope["path"], scope["method"]
        is_api = path == "/api" or path.startswith("/api/")
        if not is_api:
            # The shell of the page and the launch exchange; they hold nothing of anybody's.
            if method not in SAFE_METHODS:
                return Refusal(405, "method", "Only GET and HEAD are answered here."), ""
            return None, ""
        credential, is_cookie = self._credential(scope, headers)
        if path in _OPEN_API and method in SAFE_METHODS:
            return None, credential
        if not credential:
            return Refusal(401, "unauthorized", _UNKNOWN.format(command=link_command())), ""
        if is_cookie and not _is_own_page(host, method, path, headers):
            return Refusal(403, "origin", "This request does not come from the studio's own page."), ""
        if method not in SAFE_METHODS:
            refusal = _judge_body(path, method, headers)
            if refusal is not None:
                return refusal, ""
        return None, credential

    def _host(self, headers: Headers) -> str | None:
        """The Host header if it is one of this server's, to the letter (case aside), and there once."""
        if self._is_embedded:
            return "localhost"
        values = headers.get(b"host", [])
        text = values[0].decode("latin-1").lower() if len(values) == 1 else ""
        return text if text in self._hosts else None

    def _credential(self, scope: Scope, headers: Headers) -> tuple[str, bool]:
        """A valid credential and whether it is a cookie; empty if there is none."""
        if b"authorization" in headers:
            token = (bearer_token(headers) or b"").decode("latin-1")
            return (token if self._sessions.is_token(token) else ""), False
        given = [value.decode("latin-1") for value in headers.get(b"cookie", [])]
        cookies = list(cookies_named(self._sessions.cookie_name, given))
        account = account_of(scope.get("client"), scope.get("server")) if cookies else None
        for cookie in cookies:
            if self._sessions.is_session(cookie, account):
                return cookie, True
        return "", False

    def _with_headers(self, scope: Scope, send: Send, *, is_let_in: bool) -> Send:
        is_api = scope["path"].startswith("/api")

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                names = {name.lower() for name, _ in headers}
                defaults = (*HEADERS, NOT_STORED) if is_api else HEADERS
                headers.extend(pair for pair in defaults if pair[0] not in names)
                if is_let_in:
                    headers.append((b"x-studio-version", self._version))
                message["headers"] = headers
            await send(message)

        return wrapped


def own_hosts(ports: frozenset[int]) -> frozenset[str]:
    """Every Host header that names this server. Without a port only where browsers leave it out."""
    names = ("localhost", "127.0.0.1", "[::1]")
    return frozenset(
        {f"{name}:{port}" for name in names for port in ports} | ({*names} if HTTP_PORT in ports else set())
    )


def _is_own_page(host: str, method: str, path: str, headers: Headers) -> bool:
    """Whether a request with a cookie comes from a page of this server, not of another one on the same host name.

    Browsers send a cookie to every port. They say where a request comes from in a header that no page can set; where
    one does not say it, whatever changes, starts or listens to something needs our Origin.
    """
    site = headers.get(b"sec-fetch-site", [])
    if site and site not in ([b"same-origin"], [b"none"]):
        return False
    if method in SAFE_METHODS and not _is_costly(path):
        return True
    origin = headers.get(b"origin", [])
    is_read = method in SAFE_METHODS and not origin and site == [b"same-origin"]
    return is_read or origin == [f"http://{host}".encode()]


def _is_costly(path: str) -> bool:
    """Whether reading starts a worker or holds a stream."""
    return path == "/api/events" or (path.startswith("/api/runs/") and path.endswith("/explanation"))


def _judge_body(path: str, method: str, headers: Headers) -> Refusal | None:
    lengths = headers.get(b"content-length", [])
    has_body = b"transfer-encoding" in headers or any(value != b"0" for value in lengths)
    if _takes_raw(path, method):
        return None
    if not has_body:
        return None
    kind = b",".join(headers.get(b"content-type", [])).split(b";")[0].strip().lower()
    if kind != b"application/json":
        return Refusal(415, "media_type", "Bodies are application/json here.")
    if not is_length_within(headers, MAX_BYTES):
        return Refusal(413, "too_large", f"A body has at most {MAX_BYTES:,} bytes here.")
    return None


def _takes_raw(path: str, method: str) -> bool:
    """The two routes that take bytes as they are."""
    parts = path.strip("/").split("/")
    is_upload = method == "PUT" and len(parts) == 3 and parts[:2] == ["api", "uploads"]
    is_answer = method == "POST" and len(parts) == 4 and parts[:2] == ["api", "runs"] and parts[3] == "answer"
    return is_upload or is_answer


async def _answer(send: Send, refusal: Refusal) -> None:
    error = {"code": refusal.code, "message": refusal.message, "hint": ""}
    # A 422 has the same form wherever it comes from.
    value = {"error": error, "findings": []} if refusal.status == 422 else {"error": error}
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status == 405:
        headers.append((b"allow", ", ".join(sorted(SAFE_METHODS)).encode()))
    if refusal.status in (408, 413):
        headers.append((b"connection", b"close"))  # what is still to come of the body is not read
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
