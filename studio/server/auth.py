"""Sessions: launch code for cookie, bearer token, who is let in. All comparisons take the same time."""

import hashlib
import hmac
import secrets
import threading
import time
from pathlib import Path

from studio.errors import StudioError
from studio.files import read_json, write_json

MAX_SESSIONS = 200
SESSION_SECONDS = 30 * 24 * 3600.0
LAUNCH_SECONDS = 24 * 3600.0


class ForbiddenError(StudioError):
    """Known or not, this is not allowed."""

    code = "forbidden"


class Sessions:
    """Who may come in. Sessions are kept as digests in a private file, so that an open page survives a restart."""

    def __init__(self, token: str, port: int, path: Path | None = None) -> None:
        self._token = token
        self._port = port
        self._path = path
        self._codes: dict[bytes, float] = {}
        self._sessions = _read(path, time.time()) if path is not None else {}
        self._streams: dict[bytes, int] = {}
        self._lock = threading.Lock()

    @property
    def cookie_name(self) -> str:
        """Carries the port, because cookies do not know ports."""
        return f"studio-session-{self._port}"

    def new_launch_code(self) -> str:
        """A code that opens one session."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[_digest(code)] = time.monotonic() + LAUNCH_SECONDS
        return code

    def exchange(self, code: str) -> str:
        """A session for a launch code, which is dead afterwards.

        Raises:
            ForbiddenError: if the code is unknown or used.
        """
        session = secrets.token_urlsafe(32)
        with self._lock:
            expiry = self._codes.pop(_digest(code), 0.0)
            if expiry < time.monotonic():
                raise ForbiddenError(
                    "This launch address was used already, or is of an earlier server.",
                    hint="Start `studio serve` again, or run `studio link`, to get a new address.",
                    code="launch_code",
                )
            while len(self._sessions) >= MAX_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[_digest(session)] = time.time() + SESSION_SECONDS
            self._keep()
        return session

    def is_session(self, cookie: str) -> bool:
        """Whether a cookie's value is a living session."""
        with self._lock:
            return self._sessions.get(_digest(cookie), 0.0) > time.time()

    def is_token(self, token: str) -> bool:
        """Whether a bearer token is this server's."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    def end(self, cookie: str) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(_digest(cookie), None)
            self._keep()

    def enter_stream(self, credential: str, limit: int) -> bool:
        """Count one more stream of a credential; False if it has too many."""
        key = _digest(credential)
        with self._lock:
            if self._streams.get(key, 0) >= limit:
                return False
            self._streams[key] = self._streams.get(key, 0) + 1
            return True

    def leave_stream(self, credential: str) -> None:
        """Count one stream less."""
        key = _digest(credential)
        with self._lock:
            left = self._streams.get(key, 1) - 1
            if left > 0:
                self._streams[key] = left
            else:
                self._streams.pop(key, None)

    def _keep(self) -> None:
        if self._path is not None:
            write_json(self._path, {digest.hex(): expiry for digest, expiry in self._sessions.items()})


def _read(path: Path, now: float) -> dict[bytes, float]:
    """The sessions of an earlier server that have not expired."""
    try:
        kept = {bytes.fromhex(digest): float(expiry) for digest, expiry in read_json(path).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return {digest: expiry for digest, expiry in kept.items() if expiry > now}


def _digest(secret: str) -> bytes:
    """Looking a digest up in a table tells nothing about how far a guess was right."""
    return hashlib.sha256(secret.encode()).digest()
