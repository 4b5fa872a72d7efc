"""HomeLock: one server a home. Held by the kernel, so that a dead server never stands in the way."""

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass

from studio.errors import StudioError
from studio.files import write_atomic, write_json
from studio.store.home import Home

TRIES = 8


class HomeInUseError(StudioError):
    """Another server has this home."""

    code = "home_in_use"


@dataclass(frozen=True)
class ServerRecord:
    """How to reach the living server of a home."""

    pid: int
    port: int | None
    socket: str | None
    token: str


class HomeLock:
    """The right to be the server of a home, with the runtime files that go with it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._descriptor: int | None = None
        self.token = secrets.token_urlsafe(32)

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            HomeInUseError: naming pid and port of the server that has it.
        """
        folder = self._home.path.stat()
        if folder.st_uid != os.getuid():
            raise StudioError(
                f"The home folder {self._home.path} belongs to another user.",
                hint="Choose a home of your own with --home.",
                code="home_owner",
            )
        descriptor = os.open(self._home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _take(descriptor):
            os.close(descriptor)
            record = read_server_record(self._home)
            where = f"pid {record.pid}, port {record.port or 'none'}" if record else "it is just starting or ending"
            raise HomeInUseError(
                f"Another server is using the home {self._home.path} ({where}).",
                hint="Use that one, stop it, or choose another home with --home.",
            )
        self._descriptor = descriptor
        # What a server that was killed left behind describes nobody.
        self._home.server_file.unlink(missing_ok=True)
        self._home.token.unlink(missing_ok=True)

    def publish(self, *, port: int | None = None, socket: str | None = None) -> None:
        """Write down how this server is reached, for the owner of the home only."""
        write_atomic(self._home.token, self.token.encode())
        record = {"pid": os.getpid(), "port": port, "socket": socket, "started": time.time()}
        write_json(self._home.server_file, record)

    def release(self) -> None:
        """Give the home back."""
        if self._descriptor is None:
            return
        for path in (self._home.server_file, self._home.token, self._home.api_socket):
            path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


def _take(descriptor: int) -> bool:
    """Take the lock; a few times, because whoever asks whether there is a server holds it for a moment."""
    for _ in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def read_server_record(home: Home) -> ServerRecord | None:
    """How the living server of a home is reached; None if there is none."""
    if not home.lock.exists() or not is_home_locked(home):
        return None
    try:
        record = json.loads(home.server_file.read_bytes())
        return ServerRecord(record["pid"], record["port"], record["socket"], home.token.read_text())
    except (OSError, ValueError, KeyError):
        return None


def is_home_locked(home: Home) -> bool:
    """Whether a server has this home. Asks with a shared lock, given back at once."""
    try:
        descriptor = os.open(home.lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
