"""The server of a pipeline, whatever a sender without the token sends."""

import importlib.util
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn

import studio.scoring

pytestmark = pytest.mark.rows("B166")
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
def connected() -> Iterator[socket.socket]:
    """A connection to a server, which has ended when it is left."""
    config = serve_module().server_config(waits_for_the_body, "127.0.0.1", 0)
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
