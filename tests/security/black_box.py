"""BlackBox: a real server process on a fresh home, and ways to call it: with the token, as a browser, as anybody."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
CANARY = "CANARY-5f3a91c07be2"
TINY = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.batch_size": 16,
    "training.epochs": 1,
    "environment.number_of_workers": 0,
    "logging.number_of_images": 4,
    "environment.gpus": [],
}


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, empty if it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


@dataclass
class BlackBox:
    """`studio serve` in a process of its own."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    """A command that runs the server, such as strace."""
    port: int = 0
    launch_url: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> "BlackBox":
        """Start and wait for the launch address."""
        command = [*self.wrapper, sys.executable, "-m", "studio.cli", "serve", "--home", str(self.home), "--no-open"]
        environment = {**os.environ, "STUDIO_WARM_LAUNCHER": "0", **self.environment}
        log = (self.home.parent / f"{self.home.name}.out").open("ab")
        with log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *self.options],
                cwd=REPOSITORY,
                env={name: value for name, value in environment.items() if value != ""},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/launch\?code=\S+", line):
                self.launch_url, self.port = found[0], int(found[1])
                return self.answering()
        raise AssertionError(f"the server ended without a launch address: {Path(log.name).read_text()[-2000:]}")

    def answering(self, seconds: float = 30.0) -> "BlackBox":
        """Wait until requests are answered; the address is printed a moment earlier."""
        until(lambda: self.call("GET", "/api/health", credential=None).status == 200, seconds)
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    @property
    def pid(self) -> int:
        """The server's process."""
        return int(json.loads((self.home / "run" / "server.json").read_text())["pid"])

    @property
    def token(self) -> str:
        """The bearer token of the living server."""
        return (self.home / "run" / "token").read_text()

    @property
    def origin(self) -> str:
        """What the browser calls our page."""
        return f"http://127.0.0.1:{self.port}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Iterable[tuple[str, str | bytes]] | Mapping[str, str] = (),
        credential: str | None = "token",
        hosts: Iterable[str | bytes] | None = None,
        seconds: float = 60.0,
    ) -> Reply:
        """One request, its path sent as it is. `body` of bytes goes raw, anything else as JSON.

        `credential` is "token", None for anybody, or a cookie (`name=value`), which comes with our own Origin.
        """
        given = list(headers.items() if isinstance(headers, Mapping) else headers)
        names = {name.lower() for name, _ in given}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.putrequest(method, _as_is(path), skip_host=True, skip_accept_encoding=True)
            for host in [f"127.0.0.1:{self.port}"] if hosts is None else hosts:
                connection.putheader("Host", host)
            if credential == "token":
                connection.putheader("Authorization", f"Bearer {self.token}")
            elif credential is not None:
                connection.putheader("Cookie", credential)
                if "origin" not in names:
                    connection.putheader("Origin", self.origin)
            data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
            if data is not None and "content-type" not in names:
                connection.putheader("Content-Type", "application/json")
            if data is not None and "content-length" not in names:
                connection.putheader("Content-Length", str(len(data)))
            for name, value in given:
                connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            return Reply(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The value of a 2xx answer."""
        reply = self.call(method, path, body)
        assert 200 <= reply.status < 300, (method, path, reply.status, reply.text[:2000])
        return reply.json()

    def browser(self) -> str:
        """The cookie of a new session, `name=value`."""
        code = self.api("POST", "/api/launch-codes")["code"]
        reply = self.call("GET", f"/launch?code={code}", credential=None)
        assert reply.status == 303, reply.text
        return reply.header("set-cookie").split(";")[0]

    def raw(self, data: bytes, seconds: float = 10.0) -> bytes:
        """What comes back for bytes sent as they are, until the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(data)
            received = bytearray()
            try:
                while chunk := connection.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return bytes(received)

    def upload(self, name: str, data: bytes) -> str:
        """A finished upload's id."""
        made = self.api("POST", "/api/uploads", {"name": name, "size": len(data)})
        raw = [("Content-Type", "application/octet-stream")]
        sent = self.call("PUT", f"/api/uploads/{made['id']}?offset=0", data, headers=raw)
        assert sent.status == 200, sent.text
        return str(made["id"])

    def looked_at(self, name: str, data: bytes, seconds: float = 120.0) -> tuple[Reply, dict[str, Any]]:
        """The first answer to an import of these bytes, and what it came to (empty if it was refused at once)."""
        reply = self.call("POST", "/api/imports", {"upload_id": self.upload(name, data)})
        if reply.status != 201:
            return reply, {}
        path = f"/api/imports/{reply.json()['id']}"
        return reply, self.wait(path, lambda one: one["state"] in ("ready", "failed"), seconds)

    def wait(self, path: str, is_done: Callable[[Any], bool], seconds: float = 120.0) -> Any:
        """Ask until the answer is as wanted."""
        return until(lambda: (found := self.api("GET", path)) and is_done(found) and found, seconds)

    def example(self, problem_type: str = "image_classification") -> dict[str, Any]:
        """The example dataset of a problem type, ready."""
        made = self.api("POST", f"/api/examples/{problem_type}")
        path = f"/api/datasets/{made['id']}"
        dataset: dict[str, Any] = self.wait(path, lambda one: one["state"] in ("ready", "failed"))
        assert dataset["state"] == "ready", dataset["error"]
        return dataset

    def order(self, dataset: Mapping[str, Any], name: str, **changes: Any) -> dict[str, Any]:
        """The body that starts a tiny training; `training__epochs=3` changes a setting."""
        kind = dataset["problem_type"]
        values = self.api("GET", f"/api/schema/{kind}?dataset={dataset['id']}")["values"]
        settings = {**values, **TINY, **{key.replace("__", "."): value for key, value in changes.items()}}
        return {"problem_type": kind, "name": name, "settings": settings}

    def trained(self, dataset: Mapping[str, Any], name: str, **changes: Any) -> dict[str, Any]:
        """A finished tiny training."""
        started = self.api("POST", "/api/experiments", self.order(dataset, name, **changes))
        ended: dict[str, Any] = self.ended(started["id"])
        assert ended["state"] == "finished", ended["runs"][0]["error"]
        return ended

    def ended(self, experiment_id: str, seconds: float = 180.0) -> Any:
        """An experiment once nothing of it runs."""
        done = ("finished", "failed", "stopped", "lost")
        return self.wait(f"/api/experiments/{experiment_id}", lambda one: one["state"] in done, seconds)

    def resident_bytes(self) -> int:
        """Memory of the server process."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def tree(self) -> list[psutil.Process]:
        """The server and everything below it."""
        server = psutil.Process(self.pid)
        return [server, *server.children(recursive=True)]


def until(condition: Callable[[], Any], seconds: float) -> Any:
    """The first true value of a condition."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except ConnectionError:
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def disk_bytes(folder: Path) -> int:
    """What a folder takes on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _as_is(path: str) -> str:
    """What `http.client` would refuse is percent-encoded; everything else goes out unchanged."""
    return "".join(c if c.isascii() and c.isprintable() and c != " " else quote(c, safe="") for c in path)
