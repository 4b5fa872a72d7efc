"""HomeLock: one server a home. Held by the kernel, so that a dead server never stands in the way."""

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from studio.errors import StudioError
from studio.files import write_atomic, write_json
from studio.store.home import Home

TRIES = 8
HANDOVER_SECONDS = 30.0


class HomeInUseError(StudioError):
    """Another server has this home."""

    code = "home_in_use"


@dataclass(frozen=True)
class ServerRecord:
    """How to reach the living server of a home."""

    pid: int
    host: str
    port: int | None
    socket: str | None
    token: str

    @property
    def origin(self) -> str:
        """Where it answers HTTP: `http://127.0.0.1:8000`. A command that serves other commands has a socket only."""
        return origin(self.host, self.port) if self.port else "http://localhost"


def origin(host: str, port: int) -> str:
    """The origin of a server that listens on a loopback address."""
    return f"http://{'[::1]' if host == '::1' else '127.0.0.1'}:{port}"


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

    def take_over(self, seconds: float = HANDOVER_SECONDS) -> None:
        """Take the lock from a command that is serving the home; it hands over, and goes on as a client of ours.

        Raises:
            HomeInUseError: if a lasting server has it, or nobody hands it over in time.
        """
        waiting = os.open(self._home.next_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(waiting)  # if another server waits too, the first to get the lock wins
            deadline = time.monotonic() + seconds
            while True:
                try:
                    self.acquire()
                except HomeInUseError:
                    record = read_server_record(self._home)
                    if (record is not None and record.port) or time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
                else:
                    return
        finally:
            os.close(waiting)

    def publish(self, *, host: str = "127.0.0.1", port: int | None = None, socket: str | None = None) -> None:
        """Write down how this server is reached, for the owner of the home only."""
        write_atomic(self._home.token, self.token.encode())
        record = {"pid": os.getpid(), "host": host, "port": port, "socket": socket, "started": time.time()}
        write_json(self._home.server_file, record)

    def release(self) -> None:
        """Give the home back."""
        if self._descriptor is None:
            return
        for path in (self._home.server_file, self._home.token, self._home.api_socket, self._home.launch_page):
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
        host = record.get("host", "127.0.0.1")
        return ServerRecord(record["pid"], host, record["port"], record["socket"], home.token.read_text())
    except (OSError, ValueError, KeyError):
        return None


def is_home_locked(home: Home) -> bool:
    """Whether a server has this home."""
    return _is_locked(home.lock)


def is_server_waiting(home: Home) -> bool:
    """Whether a lasting server waits for a command to hand the home over."""
    return _is_locked(home.next_lock)


def _is_locked(path: Path) -> bool:
    """Asks with a shared lock, given back at once."""
    try:
        # Without O_NONBLOCK a pipe of that name would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
