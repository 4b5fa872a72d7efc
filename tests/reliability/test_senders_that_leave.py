"""Whoever leaves or stalls in the midst of a request leaves no traceback in the log, and nothing that is held."""

import socket
import time
from pathlib import Path

import pytest

from tests.reliability.harness import Server, end_all
from tests.support.requirements import covers

pytestmark = pytest.mark.trust


@covers("F122")
def test_aborted_requests_leave_no_traceback_and_the_server_answers(tmp_path: Path) -> None:
    server = Server(tmp_path / "home").ready()
    try:
        upload = server.call("POST", "/api/uploads", {"name": "a.zip", "size": 10_000_000})["id"]
        abort(server, f"PUT /api/uploads/{upload}?offset=0", "Content-Length: 10000000", b"x" * 100_000)
        abort(server, "POST /api/experiments", "Content-Length: 1000\r\nContent-Type: application/json", b'{"a": ')
        abort(server, "POST /api/runs/run-x/answer", "Content-Length: 1000", b"x")
        abort(server, "GET /api/problem-types", "Accept: */*", b"")
        abort(server, "GET /api/events?topics=queue", "Accept: */*", b"")
        abort(server, "PUT /api/uploads/none?offset=0", "Content-Length: 1000", b"x")
        time.sleep(0.5)

        assert server.call("GET", f"/api/uploads/{upload}")["offset"] <= 100_000
        offset = server.call("GET", f"/api/uploads/{upload}")["offset"]
        status, _ = server.ask("PUT", f"/api/uploads/{upload}?offset={offset}", data=b"x" * 100)
        assert status == 200
    finally:
        end_all([server])
    log = (server.home / "logs" / "server.log").read_text()
    assert "Traceback" not in log
    assert "ERROR" not in log
    assert "Traceback" not in server.output.read_text()


def abort(server: Server, request: str, headers: str, body: bytes) -> None:
    """Send a part of a request, then leave with a reset."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = (
            f"{request} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.token}\r\n{headers}"
        )
        connection.sendall(f"{head}\r\n\r\n".encode() + body)
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
