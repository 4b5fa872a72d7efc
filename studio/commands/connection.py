"""Connection: the REST API of a home, of its running server or of one embedded for the time of the command.

What needs no server is answered in this process; see `in_process`.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from studio.commands.in_process import NotAnsweredError, RefusedError, answer
from studio.errors import StudioError

if TYPE_CHECKING:
    import httpx2

    from studio.server.home_lock import HomeLock, ServerRecord
    from studio.server.studio import Studio
    from studio.store.home import Home

START_SECONDS = 30.0
TAKEOVER_SECONDS = 60.0
"""How long one request looks for a server when the one before has gone."""
DRAIN_SECONDS = 30
"""How long an embedded server that ends goes on answering what other commands have asked."""
CHUNK_BYTES = 8 << 20
T = TypeVar("T")


class ServerGoneError(StudioError):
    """The server ended while it answered; whether the request had an effect is not known."""

    code = "server_gone"


class ApiError(StudioError):
    """The API refused; `body` is what it said."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        error = body.get("error", {})
        super().__init__(error.get("message", f"Status {status}."), hint=error.get("hint", ""), code=error.get("code"))
        self.status = status
        self.body = dict(body)

    @property
    def is_bad_input(self) -> bool:
        """Whether other input would help, rather than another time."""
        return self.status in (400, 404, 413, 415, 422)


def part(text: str) -> str:
    """An id or a name as one part of a path: names may hold `?`, `#` and `%`."""
    return quote(text, safe="")


@dataclass(frozen=True)
class _Link:
    """One way to a server."""

    client: "httpx2.Client"
    embedded: "Studio | None" = None
    is_lasting: bool = False


class Connection:
    """Calls of the REST API of a home, whichever process serves it at the moment.

    A command may be served by another command, which ends before it. Then this one looks for the next server, or
    becomes it, and goes on. Requests that never arrived are sent again, and so are those whose repetition does no harm.
    """

    def __init__(self, home: Path) -> None:
        from studio.store.home import Home

        self._home = Home(home)
        self._allowed: list[Path] = []
        self._context: AbstractContextManager[_Link] | None = None
        self._link: _Link | None = None

    @property
    def is_lasting(self) -> bool:
        """Whether the server outlives the commands that use it."""
        return self._linked().is_lasting

    def open(self) -> None:
        """Find the server of the home, or become it."""
        self._linked()

    def close(self) -> None:
        """Leave the server; one that is embedded ends."""
        context, self._context, self._link = self._context, None, None
        if context is not None:
            context.__exit__(None, None, None)

    def allow(self, path: Path) -> None:
        """Let an embedded server import a file or folder by its path: the caller may read it anyway."""
        self._allowed.append(path)
        embedded = self._linked().embedded
        if embedded is not None:
            embedded.imports.allow(path)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET."""
        params = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", path, is_repeatable=True, params=params)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, is_repeatable: bool = False, **headers: str
    ) -> Any:
        """The JSON of a POST. It is repeatable if a second one does no harm, or if it has an Idempotency-Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        json_body = None if body is None else dict(body)
        is_repeatable = is_repeatable or "Idempotency-Key" in named
        return self._call("POST", path, is_repeatable=is_repeatable, json=json_body, headers=named)

    def delete(self, path: str) -> Any:
        """The JSON of a DELETE."""
        return self._call("DELETE", path)

    def upload(self, file: Path, name: str, *, chunk_bytes: int = CHUNK_BYTES) -> str:
        """Send a file in pieces; gives the id of the upload."""
        upload = self.post("/api/uploads", {"name": name, "size": file.stat().st_size})
        path = f"/api/uploads/{upload['id']}"
        offset = 0
        with file.open("rb") as source:
            while chunk := source.read(chunk_bytes):
                try:
                    self._call(
                        "PUT",
                        path,
                        params={"offset": offset},
                        content=chunk,
                        headers={"Content-Type": "application/octet-stream"},
                    )
                    offset += len(chunk)
                except ServerGoneError:
                    offset = int(self.get(path)["offset"])
                    source.seek(offset)
        return str(upload["id"])

    def download(self, path: str, target: Path) -> str:
        """Save the answer of a GET; gives its SHA-256. The target is whole or not there."""
        from studio.files import sha256_file

        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")

        def save(client: "httpx2.Client") -> None:
            with client.stream("GET", path) as response:
                if response.status_code >= 400:
                    response.read()
                _check(response)
                with temporary.open("wb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)

        try:
            self._try("GET", path, save, is_repeatable=True)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return sha256_file(target)

    def _call(self, method: str, path: str, *, is_repeatable: bool = False, **more: Any) -> Any:
        if is_repeatable and self._link is None:
            try:
                return self._answer_here(method, path, **more)
            except NotAnsweredError:
                pass

        def send(client: "httpx2.Client") -> Any:
            response = client.request(method, path, **more)
            _check(response)
            return response.json()

        return self._try(method, path, send, is_repeatable=is_repeatable)

    def _answer_here(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        os.umask(0o077)
        try:
            return answer(self._home, method, path, params or {}, json)
        except RefusedError as refused:
            raise ApiError(refused.status, refused.body) from refused

    def _try(self, method: str, path: str, send: "Callable[[httpx2.Client], T]", *, is_repeatable: bool) -> T:
        import httpx2

        deadline = time.monotonic() + TAKEOVER_SECONDS
        while True:
            try:
                return send(self._linked().client)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                if time.monotonic() > deadline:
                    raise ServerGoneError("No server can be reached.", hint="Start `studio serve`.") from error
            except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
                if not is_repeatable or time.monotonic() > deadline:
                    raise ServerGoneError(
                        f"The server stopped while processing {method} {path}; the request may or may not have "
                        "taken effect.",
                        hint="Check with `studio experiment list` or `studio dataset list` before you repeat it.",
                    ) from error
            except httpx2.TimeoutException as error:
                raise ServerGoneError(
                    "The server does not respond.", hint="See logs/server.log in the home."
                ) from error
            self.close()

    def _linked(self) -> _Link:
        """The way to the server of this moment; an embedded one gives way to a lasting one that waits."""
        from studio.server.home_lock import is_server_waiting

        if self._link is not None and self._link.embedded is not None and is_server_waiting(self._home):
            self.close()
        if self._link is None:
            context = _link(self._home)
            self._link = context.__enter__()
            self._context = context
            if self._link.embedded is not None:
                for path in self._allowed:
                    self._link.embedded.imports.allow(path)
        return self._link


def _check(response: "httpx2.Response") -> None:
    if response.status_code < 400:
        return
    try:
        body = response.json()
    except json.JSONDecodeError:
        body = {"error": {"message": f"The server responded with status {response.status_code}."}}
    raise ApiError(response.status_code, body)


@contextmanager
def connect(home: Path) -> Iterator[Connection]:
    """The API of a home. Without a running server one is embedded when it is needed, with the same home and code."""
    connection = Connection(home.absolute())
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _link(home: "Home") -> Iterator[_Link]:
    from studio.server.home_lock import HomeLock

    found = _server_or_lock(home)
    if isinstance(found, HomeLock):
        with _embedded(home.path, found) as link:
            yield link
        return
    with _client(found.token, base_url=found.origin, path=Path(found.socket) if found.socket else None) as client:
        yield _Link(client, is_lasting=found.port is not None)


def _server_or_lock(home: "Home") -> "ServerRecord | HomeLock":
    """The server of a home, waited for while it starts or takes over; or the right to be it."""
    from studio.server.home_lock import HomeInUseError, HomeLock, is_server_waiting, read_server_record
    from studio.store.home import Home

    os.umask(0o077)
    deadline = time.monotonic() + START_SECONDS
    while True:
        record = read_server_record(home)
        if record is not None:
            return record
        if is_server_waiting(home) and time.monotonic() < deadline:
            time.sleep(0.05)
            continue
        lock = HomeLock(Home.create(home.path))
        try:
            lock.acquire()
        except HomeInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return lock


@contextmanager
def _embedded(home: Path, lock: "HomeLock") -> Iterator[_Link]:
    import uvicorn

    from studio.server.app import build_studio, create_app
    from studio.server.config import ServerConfig
    from studio.server.serve import log_to_file, uvicorn_config, why_not_started
    from studio.store.home import Home

    try:
        config = ServerConfig(home=home, is_embedded=True, is_warm=False)
        with log_to_file(Home(home)):
            with why_not_started(home):
                studio = build_studio(config, lock.token)
            server = uvicorn.Server(uvicorn_config(create_app(studio), graceful_seconds=DRAIN_SECONDS))
            listener = _bind(studio.home.api_socket)
            thread = threading.Thread(target=server.run, args=([listener],), name="server", daemon=True)
            thread.start()
            try:
                with why_not_started(home):
                    _await_start(server, thread, studio)
                lock.publish(socket=str(studio.home.api_socket))
                with _client(lock.token, base_url="http://localhost", path=studio.home.api_socket) as client:
                    yield _Link(client, studio)
            finally:
                server.should_exit = True
                thread.join(timeout=DRAIN_SECONDS + 15)
                listener.close()
    finally:
        lock.release()


def _await_start(server: Any, thread: threading.Thread, studio: "Studio") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise studio.start_error or TimeoutError(f"the studio did not start within {START_SECONDS:.0f} seconds")
        time.sleep(0.01)


def _bind(path: Path) -> socket.socket:
    """A listening Unix socket; bound through its folder, because an address has at most 107 bytes."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
    listener.listen(64)
    return listener


@contextmanager
def _client(token: str, *, base_url: str, path: Path | None) -> Iterator["httpx2.Client"]:
    import httpx2

    # A connection for each request: a server that ends then refuses a request, and never drops one half way.
    limits = httpx2.Limits(max_keepalive_connections=0)
    folder = None
    transport = None
    if path is not None:
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        transport = httpx2.HTTPTransport(uds=f"/proc/self/fd/{folder}/{path.name}", limits=limits)
    try:
        with httpx2.Client(
            base_url=base_url,
            transport=transport,
            limits=limits,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(900.0, connect=5.0),
            trust_env=False,
        ) as client:
            yield client
    finally:
        if folder is not None:
            with suppress(OSError):
                os.close(folder)
