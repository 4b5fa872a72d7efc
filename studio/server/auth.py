"""Sessions: launch code for cookie, bearer token, who is let in. All comparisons take the same time."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.errors import StudioError
from studio.files import read_json, write_json

MAX_SESSIONS = 200
SESSION_SECONDS = 30 * 24 * 3600.0
LAUNCH_SECONDS = 24 * 3600.0


class ForbiddenError(StudioError):
    """Known or not, this is not allowed."""

    code = "forbidden"


@dataclass(frozen=True)
class _Session:
    expiry: float
    account: int | None
    """That opened it, where the kernel tells. A cookie that another account has got hold of is worth nothing."""


class Sessions:
    """Who may come in. Sessions are kept as digests in a private file, so that an open page survives a restart.

    One belongs to a home, a port of it, and the account of this machine that opened it.
    """

    def __init__(self, token: str, port: int, path: Path | None = None) -> None:
        self._token = token
        self._port = port
        self._path = path
        self._codes: dict[bytes, float] = {}
        self._sessions = _read(path, time.time()) if path is not None else {}
        self._streams: dict[bytes, int] = {}
        self._lock = threading.Lock()
        self._file_lock = threading.Lock()

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

    def exchange(self, code: str, account: int | None = None, replaces: Iterable[str] = ()) -> str:
        """A session for a launch code, which is dead afterwards, as are the sessions that it replaces.

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
            for old in replaces:
                self._sessions.pop(self._key(old), None)
            while len(self._sessions) >= MAX_SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[self._key(session)] = _Session(time.time() + SESSION_SECONDS, account)
        self._keep()
        return session

    def is_session(self, cookie: str, account: int | None = None) -> bool:
        """Whether a cookie's value is a living session of the account that sends it."""
        with self._lock:
            found = self._sessions.get(self._key(cookie))
        return found is not None and found.expiry > time.time() and found.account == account

    def is_token(self, token: str) -> bool:
        """Whether a bearer token is this server's."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    def end(self, cookie: str) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(self._key(cookie), None)
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

    def _key(self, cookie: str) -> bytes:
        return _digest(f"{self._port}:{cookie}")

    def _keep(self) -> None:
        """Write them down. Nobody who only asks waits for the disk."""
        if self._path is None:
            return
        with self._file_lock:
            with self._lock:
                kept = {digest.hex(): [one.expiry, one.account] for digest, one in self._sessions.items()}
            write_json(self._path, kept)


def _read(path: Path, now: float) -> dict[bytes, _Session]:
    """The sessions of an earlier server that have not expired."""
    try:
        kept = {
            bytes.fromhex(digest): _Session(float(expiry), None if account is None else int(account))
            for digest, (expiry, account) in read_json(path).items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return {digest: one for digest, one in kept.items() if one.expiry > now}


def _digest(secret: str) -> bytes:
    """Looking a digest up in a table tells nothing about how far a guess was right."""
    return hashlib.sha256(secret.encode()).digest()
