"""Connection: the REST API of a home, of its running server or of one embedded for the time of the command."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError
from studio.files import sha256_file
from studio.server.home_lock import HomeInUseError, HomeLock, ServerRecord, read_server_record
from studio.store.home import Home

if TYPE_CHECKING:
    import httpx2

    from studio.server.studio import Studio

START_SECONDS = 30.0
CHUNK_BYTES = 8 << 20


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


@dataclass
class Connection:
    """Calls of the REST API."""

    client: "httpx2.Client"
    embedded: "Studio | None" = None
    """The studio of an embedded server."""

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET."""
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """The JSON of a POST."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._call("POST", path, json=None if body is None else dict(body), headers=named)

    def delete(self, path: str) -> Any:
        """The JSON of a DELETE."""
        return self._call("DELETE", path)

    def text(self, path: str) -> str:
        """The text of a GET."""
        response = self.client.get(path)
        self._check(response)
        return str(response.text)

    def upload(self, file: Path, name: str) -> str:
        """Send a file; gives the id of the upload."""
        size = file.stat().st_size
        upload = self.post("/api/uploads", {"name": name, "size": size})
        offset = 0
        with file.open("rb") as source:
            while chunk := source.read(CHUNK_BYTES):
                response = self.client.put(
                    f"/api/uploads/{upload['id']}",
                    params={"offset": offset},
                    content=chunk,
                    headers={"Content-Type": "application/octet-stream"},
                )
                self._check(response)
                offset += len(chunk)
        return str(upload["id"])

    def download(self, path: str, target: Path) -> str:
        """Save the answer of a GET; gives its SHA-256. The target is whole or not there."""
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with self.client.stream("GET", path) as response:
                if response.status_code >= 400:
                    response.read()
                self._check(response)
                with temporary.open("wb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return sha256_file(target)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        response = self.client.request(method, path, **more)
        self._check(response)
        return response.json()

    def _check(self, response: "httpx2.Response") -> None:
        if response.status_code < 400:
            return
        try:
            body = response.json()
        except json.JSONDecodeError:
            body = {"error": {"message": f"The server answered {response.status_code}."}}
        raise ApiError(response.status_code, body)


@contextmanager
def connect(home: Path) -> Iterator[Connection]:
    """The API of a home. Without a running server one is embedded, with the same home, rows and code."""
    found = _server_or_lock(home.absolute())
    if isinstance(found, HomeLock):
        with _embedded(home.absolute(), found) as connection:
            yield connection
        return
    record = found
    with _client(record.token, port=record.port, path=Path(record.socket) if record.socket else None) as client:
        yield Connection(client)


def _server_or_lock(home: Path) -> ServerRecord | HomeLock:
    """The server of a home, waited for while it starts; or the right to be it."""
    os.umask(0o077)
    deadline = time.monotonic() + START_SECONDS
    while True:
        place = Home(home)
        record = read_server_record(place)
        if record is not None:
            return record
        lock = HomeLock(Home.create(home))
        try:
            lock.acquire()
        except HomeInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return lock


@contextmanager
def _embedded(home: Path, lock: HomeLock) -> Iterator[Connection]:
    import uvicorn

    from studio.server.app import build_studio, create_app
    from studio.server.config import ServerConfig
    from studio.server.serve import log_to_file, uvicorn_config

    try:
        config = ServerConfig(home=home, is_embedded=True, is_warm=False)
        with log_to_file(Home(home)):
            studio = build_studio(config, lock.token)
            server = uvicorn.Server(uvicorn_config(create_app(studio)))
            listener = _bind(studio.home.api_socket)
            thread = threading.Thread(target=server.run, args=([listener],), name="server", daemon=True)
            thread.start()
            try:
                _await_start(server, thread)
                lock.publish(socket=str(studio.home.api_socket))
                with _client(lock.token, port=None, path=studio.home.api_socket) as client:
                    yield Connection(client, studio)
            finally:
                server.should_exit = True
                thread.join(timeout=15)
                listener.close()
    finally:
        lock.release()


def _await_start(server: Any, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise StudioError("The embedded server did not start.", hint="Look at logs/server.log in the home.")
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
def _client(token: str, *, port: int | None, path: Path | None) -> Iterator["httpx2.Client"]:
    import httpx2

    folder = None
    transport = None
    if path is not None:
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        transport = httpx2.HTTPTransport(uds=f"/proc/self/fd/{folder}/{path.name}")
    try:
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{port}" if port else "http://localhost",
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(900.0, connect=5.0),
            trust_env=False,
        ) as client:
            yield client
    finally:
        if folder is not None:
            with suppress(OSError):
                os.close(folder)
