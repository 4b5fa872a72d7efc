"""kill -9 of a real server process: F1, F3, F4, F5, F13. Inspections stand for any worker; they need no torch."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.runs.events import read_events


class Process:
    """A server that a test may kill."""

    def __init__(self, home: Path, fail: str = "") -> None:
        environment = {**os.environ, "STUDIO_WARM_LAUNCHER": "0", "STUDIO_FAIL": fail}
        command = [sys.executable, "-m", "studio.cli", "serve", "--home", str(home), "--port", "0"]
        self.home = home
        self.log = (home.parent / "server.log").open("ab")
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def ready(self) -> "Process":
        def is_ours() -> bool:
            assert self.process.poll() is None, (self.home.parent / "server.log").read_text()
            try:
                return bool(self.record["pid"] == self.pid and self.call("GET", "/api/health")["ok"])
            except (OSError, ValueError):
                return False

        wait_for(is_ours)
        return self

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.home / "run" / "server.json").read_text()))

    def call(self, method: str, path: str, body: object = None, data: bytes | None = None) -> Any:
        token = (self.home / "run" / "token").read_text()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.record['port']}{path}",
            method=method,
            data=data if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
        self.log.close()


def wait_for(condition: Callable[[], Any], seconds: float = 40.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(fail: str = "") -> Process:
        started.append(Process(tmp_path / "home", fail))
        return started[-1]

    yield start
    for process in started:
        if process.process.poll() is None:
            process.kill()
        process.log.close()


def ready_dataset(process: Process) -> Any:
    def look() -> Any:
        [dataset] = process.call("GET", "/api/datasets")
        assert dataset["state"] != "failed", dataset["error"]
        return dataset if dataset["state"] == "ready" else None

    return wait_for(look, 60)


def history(home: Path, id: str) -> list[str]:
    import sqlite3

    connection = sqlite3.connect(home / "studio.db")
    try:
        return [row[0] for row in connection.execute("SELECT new FROM transition WHERE run_id = ? ORDER BY key", (id,))]
    finally:
        connection.close()


def starts(home: Path, id: str) -> int:
    log = home / "inspections" / id / "events.jsonl"
    return sum(1 for event, _ in read_events(log, limit=100_000) if event.kind == "started")


def test_an_idle_server_survives_kills_with_all_it_knew(serve: Callable[..., Process]) -> None:
    """F1."""
    for number in range(4):
        process = serve().ready()
        process.call("PUT", "/api/preferences", {"smoothing": float(number)})
        process.kill()

    assert serve().ready().call("GET", "/api/preferences")["smoothing"] == 3.0


def test_a_kill_between_the_decision_and_the_start_starts_once(serve: Callable[..., Process], tmp_path: Path) -> None:
    """F3."""
    first = serve("after_cas:kill").ready()
    id = first.call("POST", "/api/examples/image_classification")["id"]
    assert first.process.wait(30) == -signal.SIGKILL
    assert history(tmp_path / "home", id) == ["queued", "starting"]

    second = serve().ready()
    dataset = ready_dataset(second)

    assert dataset["id"] == id
    assert starts(tmp_path / "home", id) == 1
    assert history(tmp_path / "home", id)[:4] == ["queued", "starting", "queued", "starting"]


def test_a_kill_right_after_the_start_adopts_the_worker(serve: Callable[..., Process], tmp_path: Path) -> None:
    """F4."""
    first = serve("after_spawn:kill").ready()
    id = first.call("POST", "/api/examples/image_classification")["id"]
    assert first.process.wait(30) == -signal.SIGKILL

    second = serve().ready()
    ready_dataset(second)

    assert starts(tmp_path / "home", id) == 1
    assert history(tmp_path / "home", id).count("starting") == 1


def test_a_kill_during_an_upload_leaves_what_was_durable(serve: Callable[..., Process]) -> None:
    """F5."""
    data = os.urandom(3 << 20)
    first = serve().ready()
    upload = first.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
    first.call("PUT", f"/api/uploads/{upload}?offset=0", data=data[: 1 << 20])
    first.kill()

    second = serve().ready()
    offset = second.call("GET", f"/api/uploads/{upload}")["offset"]
    done = second.call("PUT", f"/api/uploads/{upload}?offset={offset}", data=data[offset:])

    assert offset == 1 << 20
    assert done["offset"] == len(data)
    assert (second.home / "uploads" / upload).read_bytes() == data


def test_a_second_server_refuses_and_names_the_first(serve: Callable[..., Process], tmp_path: Path) -> None:
    """F13."""
    first = serve().ready()

    second = subprocess.run(
        [sys.executable, "-m", "studio.cli", "serve", "--home", str(first.home), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert second.returncode == 1
    assert f"pid {first.pid}" in second.stderr
    assert f"port {first.record['port']}" in second.stderr
    assert first.call("GET", "/api/health") == {"ok": True}


def test_a_terminated_server_gives_the_home_back_within_five_seconds(serve: Callable[..., Process]) -> None:
    """Also with streams open: F10."""
    first = serve().ready()
    token = (first.home / "run" / "token").read_text()
    streams = []
    for _ in range(6):
        stream = socket.create_connection(("127.0.0.1", first.record["port"]))
        head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        stream.sendall(f"GET /api/events?topics=queue HTTP/1.1\r\n{head}".encode())
        assert b"200 OK" in stream.recv(4096)
        streams.append(stream)
    begun = time.monotonic()

    first.end()
    for stream in streams:
        stream.close()

    assert time.monotonic() - begun < 5
    assert not (first.home / "run" / "server.json").exists()
    assert not (first.home / "run" / "token").exists()


def test_only_loopback_is_served(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio.cli", "serve", "--home", str(tmp_path / "home"), "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 1
    assert "SSH tunnel" in done.stderr


def test_the_home_is_for_its_owner_only(serve: Callable[..., Process]) -> None:
    process = serve().ready()

    modes = {path: path.stat().st_mode & 0o777 for path in [process.home, *process.home.rglob("*")]}

    assert {path for path, mode in modes.items() if mode & 0o077} == set()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{process.record['port']}/api/me", timeout=5)
