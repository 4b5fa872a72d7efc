"""Sessions: launch code for cookie, bearer token, who is let in. All comparisons take the same time."""

import hashlib
import hmac
import secrets
import threading
import time

from studio.errors import StudioError

MAX_SESSIONS = 200
SESSION_SECONDS = 30 * 24 * 3600.0
LAUNCH_SECONDS = 24 * 3600.0


class ForbiddenError(StudioError):
    """Known or not, this is not allowed."""

    code = "forbidden"


class Sessions:
    """The credentials of one server's life."""

    def __init__(self, token: str, port: int, session: str | None = None) -> None:
        self._token = token
        self._port = port
        self._session = session
        self._codes: dict[bytes, float] = {}
        self._sessions: dict[bytes, float] = {}
        if session is not None:
            self._sessions[_digest(session)] = time.monotonic() + SESSION_SECONDS
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
        session = self._session or secrets.token_urlsafe(32)
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
            self._sessions[_digest(session)] = time.monotonic() + SESSION_SECONDS
        return session

    def is_session(self, cookie: str) -> bool:
        """Whether a cookie's value is a living session."""
        with self._lock:
            return self._sessions.get(_digest(cookie), 0.0) > time.monotonic()

    def is_token(self, token: str) -> bool:
        """Whether a bearer token is this server's."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    def end(self, cookie: str) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(_digest(cookie), None)

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


def _digest(secret: str) -> bytes:
    """Looking a digest up in a table tells nothing about how far a guess was right."""
    return hashlib.sha256(secret.encode()).digest()
