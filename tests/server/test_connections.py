"""What one connection may send: bytes that are no body are bounded, before the body and after it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from studio.server.connections import MAX_HEADER_BYTES
from studio.server.serve import uvicorn_config

pytestmark = [pytest.mark.trust, pytest.mark.covers("B164")]
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def tell_headers(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, then answer with its size and the names of the headers."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    names = b" ".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b"%d bytes, headers: %s." % (size, names)})


@contextmanager
def connection_to_a_server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn_config(tell_headers))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            with socket.create_connection(listener.getsockname(), timeout=10) as connection:
                yield connection
        finally:
            server.should_exit = True
            thread.join(10)


def answer(connection: socket.socket) -> bytes:
    found = b""
    while data := connection.recv(65536):
        found += data
    return found


def test_b164_fields_after_a_body_are_no_headers() -> None:
    with connection_to_a_server() as connection:
        connection.sendall(CHUNKED + b"2\r\n{}\r\n0\r\nAuthorization: Bearer token\r\nHost: y\r\n\r\n")

        assert b"2 bytes, headers: host transfer-encoding." in answer(connection)


@pytest.mark.parametrize("piece", [b"X: y\r\n" * 1000, b"x" * 6000], ids=["many", "one_without_end"])
def test_b164_fields_after_a_body_without_end_are_cut(piece: bytes) -> None:
    with connection_to_a_server() as connection:
        connection.sendall(CHUNKED + b"2\r\n{}\r\n0\r\n")

        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            send_often(connection, piece)


def send_often(connection: socket.socket, piece: bytes) -> None:
    for _ in range(400):
        connection.sendall(piece)
        time.sleep(0.001)


def test_b164_a_large_body_in_small_chunks_is_not_cut() -> None:
    chunks = b"1\r\nx\r\n" * (2 * MAX_HEADER_BYTES)
    with connection_to_a_server() as connection:
        connection.sendall(CHUNKED + chunks + b"0\r\n\r\n")

        assert b"%d bytes, headers" % (2 * MAX_HEADER_BYTES) in answer(connection)
