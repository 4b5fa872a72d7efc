"""The server of a pipeline, whatever a sender without the token sends."""

import importlib.util
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn

import studio.scoring

pytestmark = pytest.mark.covers("B166")
MAX_CONNECTIONS = 256
OPEN_ENDED = b"GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


def serve_module() -> ModuleType:
    path = Path(str(studio.scoring.__file__)).parent / "template" / "serve.py"
    spec = importlib.util.spec_from_file_location("serve", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def waits_for_the_body(scope: Any, receive: Any, send: Any) -> None:
    while scope["type"] == "http":
        if not (await receive()).get("more_body"):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})
            return


@contextmanager
def connected(*, is_hasty: bool = False) -> Iterator[socket.socket]:
    """A connection to a server, which has ended when it is left."""
    config = serve_module().server_config(waits_for_the_body, "127.0.0.1", 0)
    if is_hasty:  # the same with a time that a test can wait for
        config.http = type("Hasty", (config.http,), {"header_seconds": 0.4})
    config.lifespan = "off"
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        with socket.create_connection(listener.getsockname(), timeout=10) as connection:
            yield connection
            server.should_exit = True
            thread.join(8)
            assert not thread.is_alive(), "an open request keeps it from ending"


def send_often(connection: socket.socket, piece: bytes) -> None:
    for _ in range(400):
        connection.sendall(piece)
        time.sleep(0.001)


def test_b166_trailers_without_end_are_cut() -> None:
    with connected() as connection:
        connection.sendall(OPEN_ENDED + b"0\r\n")

        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_often(connection, b"X: y\r\n" * 1000)


def test_b166_a_request_without_end_does_not_keep_it_from_ending() -> None:
    with connected() as connection:
        connection.sendall(OPEN_ENDED)
        time.sleep(0.1)


def is_cut(connection: socket.socket, piece: bytes) -> bool:
    """Whether the server closes a connection on which a byte comes now and then."""
    connection.settimeout(0.1)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            connection.sendall(piece)
            if connection.recv(4096) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.covers("B170")
@pytest.mark.parametrize("piece", [b"", b"G", b"GET /health HTTP/1.1\r\nHost: x\r\nX: "], ids=["none", "one", "most"])
def test_b170_a_header_that_does_not_come_to_its_end_is_cut(piece: bytes) -> None:
    with connected(is_hasty=True) as connection:
        connection.sendall(piece)

        assert is_cut(connection, b"a" if piece else b"")


@pytest.mark.covers("B171")
@pytest.mark.parametrize("piece", [b"G", b"\r\n"], ids=["letters", "lines"])
def test_b171_the_next_header_of_a_connection_is_waited_for_no_longer(piece: bytes) -> None:
    with connected(is_hasty=True) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200" in connection.recv(4096)

        assert is_cut(connection, piece)


@pytest.mark.covers("B171")
def test_b171_a_body_may_take_longer_than_a_header() -> None:
    with connected(is_hasty=True) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n")
        for _ in range(3):
            time.sleep(0.2)
            connection.sendall(b"x")

        assert b"200" in connection.recv(4096)


@pytest.mark.covers("B172")
def test_b172_connections_that_say_nothing_keep_nobody_out_for_long() -> None:
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with connected(is_hasty=True) as first, ExitStack() as opened:
        for _ in range(MAX_CONNECTIONS):
            opened.enter_context(socket.create_connection(first.getpeername(), timeout=10))
        deadline = time.monotonic() + 5
        answer = b""
        while b" 200 " not in answer and time.monotonic() < deadline:
            with socket.create_connection(first.getpeername(), timeout=10) as other:
                other.sendall(request)
                answer = other.recv(4096)

    assert b" 200 " in answer
