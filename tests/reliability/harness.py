"""A server that a test may kill, and what it leaves: processes, rows and files."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

STUB = Path(__file__).parent / "stub"
ENDED = frozenset({"finished", "failed", "stopped", "lost"})
READY_SECONDS = 60.0


class Server:
    """One server process on a home; `prefix` is a command that it is run under."""

    def __init__(
        self,
        home: Path,
        *,
        fail: str = "",
        prefix: Sequence[str] = (),
        has_stub: bool = True,
        base: Path | None = None,
        **environment: str,
    ) -> None:
        self.home = home
        self.base = base or home.parent
        self.orders = self.base / "orders.json"
        if not self.orders.exists():
            self.orders.write_text("{}")
        variables = {
            **os.environ,
            "STUDIO_WARM_LAUNCHER": "0",
            "STUDIO_RESERVE_MB": "0",
            "STUDIO_FAIL": fail,
            "STUDIO_STUB_ORDERS": str(self.orders),
            **environment,
        }
        if has_stub:
            variables["PYTHONPATH"] = str(STUB)
        command = [*prefix, sys.executable, "-m", "studio.cli", "serve", "--home", str(home), "--port", "0"]
        self.output = self.base / "server.log"
        with self.output.open("ab") as log:
            self.process = subprocess.Popen(command, env=variables, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.home / "run" / "server.json").read_text()))

    @property
    def port(self) -> int:
        return int(self.record["port"])

    @property
    def token(self) -> str:
        return (self.home / "run" / "token").read_text()

    def ready(self, seconds: float = READY_SECONDS) -> "Server":
        def is_ours() -> bool:
            assert self.process.poll() is None, self.output.read_text()[-3000:]
            try:
                return bool(self.record["pid"] == self.pid and self.call("GET", "/api/health")["ok"])
            except (OSError, ValueError):
                return False

        wait_for(is_ours, seconds)
        return self

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | None = None,
        timeout: float = 30,
        **headers: str,
    ) -> tuple[int, Any]:
        """Status and JSON of a request."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=data if body is None else json.dumps(body).encode(),
            headers=sent,
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def call(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The JSON of a request that must succeed."""
        status, found = self.ask(method, path, body, **more)
        assert status < 300, (method, path, status, found)
        return found

    def order(self, **orders: object) -> None:
        """What stub trainers do: the next ones as a whole, running ones with regard to `steps`."""
        temporary = self.orders.with_suffix(".tmp")
        temporary.write_text(json.dumps(orders))
        temporary.replace(self.orders)

    def start(self, name: str = "", **settings: object) -> tuple[str, str]:
        """Start an experiment; ids of it and of its run."""
        made = self.call("POST", "/api/experiments", experiment_body(self.base, name, **settings))
        return made["id"], made["runs"][0]["id"]

    def start_and_die(self) -> str:
        """Start an experiment on a server that dies of it, maybe before it has answered; the id of its run."""
        with suppress(OSError):
            self.start()
        assert self.process.wait(30) == -signal.SIGKILL
        [[id]] = query(self.home, "SELECT id FROM run WHERE kind = 'train'")
        return str(id)

    def run(self, id: str) -> Any:
        return self.call("GET", f"/api/runs/{id}")

    def await_state(self, id: str, *states: str, seconds: float = 30.0) -> Any:
        """The run, once it is in one of the states."""

        def is_there() -> Any:
            found = self.run(id)
            assert found["state"] in states or found["state"] not in ENDED, (found["state"], found["error"])
            return found if found["state"] in states else None

        return wait_for(is_there, seconds)

    def await_step(self, id: str, step: int, seconds: float = 30.0) -> Any:
        """The run, once it has come so far."""
        return wait_for(lambda: found if (found := self.run(id))["step"] >= step else None, seconds)

    def worker(self, id: str) -> int:
        """The pid that the run's worker wrote down."""
        path = self.home / "runs" / id / "run.json"
        wait_for(path.exists)
        return int(json.loads(path.read_bytes())["pid"])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def end(self, seconds: float = 20.0) -> int:
        """Ask it to end; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(seconds)


class Stream:
    """A client of the stream of events, on a socket of its own, that remembers what it heard."""

    def __init__(self, server: Server, topics: str, last_id: str = "", cookie: str = "", small: bool = False) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", server.port))
        lines = [f"GET /api/events?topics={topics} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
        lines += (
            [f"Cookie: {cookie}", "Sec-Fetch-Site: same-origin"]
            if cookie
            else [f"Authorization: Bearer {server.token}"]
        )
        lines += [f"Last-Event-ID: {last_id}"] if last_id else []
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.buffer = b""

    def status(self) -> int:
        while b"\r\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed before an answer")
            self.buffer += data
        return int(self.buffer.split()[1])

    def read(self, seconds: float) -> bytes:
        """Everything that comes within a time, with what came before."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                break
            if not data:
                break
            self.buffer += data
        return self.buffer

    def messages(self) -> list[tuple[int, str, Any]]:
        """(id, event, data) of every whole message so far."""
        text = unchunked(self.buffer).decode()
        found = []
        for block in text.split("\n\n")[:-1]:
            fields = dict(line.partition(": ")[::2] for line in block.splitlines() if not line.startswith(":"))
            if "id" in fields:
                found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
        return found

    def close(self) -> None:
        self.socket.close()


def unchunked(answer: bytes) -> bytes:
    """The body of an answer in chunks, as far as it has come."""
    body = answer.partition(b"\r\n\r\n")[2]
    found = b""
    while True:
        size, mark, rest = body.partition(b"\r\n")
        if not mark or len(rest) < int(size, 16) + 2:
            return found
        found += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]


def log_in(server: Server) -> str:
    """The cookie of a new browser session."""
    code = server.call("POST", "/api/launch-codes")["code"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head = f"GET /launch?code={code} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
    [line] = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"set-cookie:")]
    return line.partition(b":")[2].split(b";")[0].strip().decode()


def experiment_body(base: Path, name: str = "", **settings: object) -> dict[str, Any]:
    """The body of a start on the dataset of the template home."""
    body: dict[str, Any] = json.loads((base / "order.json").read_text())
    body["settings"] |= {key.replace("__", "."): value for key, value in settings.items()}
    return {**body, "name": name} if name else body


def wait_for(condition: Callable[[], Any], seconds: float = 40.0) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def copy_home(template: Path, base: Path) -> Path:
    """A home of a test's own, made from the template; gives its folder."""
    shutil.copytree(template / "home", base / "home", symlinks=True)
    shutil.copy(template / "order.json", base / "order.json")
    return base / "home"


@contextmanager
def rows_of(home: Path) -> Iterator[sqlite3.Connection]:
    """The database, read beside a server or without one."""
    connection = sqlite3.connect(f"file:{home / 'studio.db'}?mode=ro", uri=True, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def query(home: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with rows_of(home) as connection:
        return connection.execute(sql, values).fetchall()


def history(home: Path, id: str) -> list[str]:
    """The states a run went through."""
    return [row[0] for row in query(home, "SELECT new FROM transition WHERE run_id = ? ORDER BY key", id)]


def starts(folder: Path) -> int:
    """How many workers of a run began."""
    log = folder / "events.jsonl"
    if not log.exists():
        return 0
    return sum(1 for line in log.read_bytes().splitlines() if json.loads(line)["kind"] == "started")


def check_database(home: Path) -> None:
    """I15: sound, foreign keys hold, every recorded move is allowed (I1)."""
    from studio.runs.state import MOVES, RunState

    with rows_of(home) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        moves = connection.execute("SELECT run_id, old, new, attempt, fence FROM transition ORDER BY key").fetchall()
        states = dict(connection.execute("SELECT id, state FROM run").fetchall())
    last: dict[str, str] = {}
    for run_id, old, new, _attempt, _fence in moves:
        if old is not None:
            assert old == last[run_id], f"{run_id} moved from {old}, but was {last[run_id]}"
            assert RunState(new) in MOVES[RunState(old)]
        last[run_id] = new
    assert last == states


def points(home: Path, run_id: str) -> list[int]:
    """The steps of the training loss, in order."""
    sql = "SELECT step FROM metric_point JOIN series ON series_key = key WHERE run_id = ? AND name = ? ORDER BY step"
    return [row[0] for row in query(home, sql, run_id, "train.loss")]


def descendants(session: int) -> list[int]:
    """Processes of a session, zombies of ours included (I8); those that pid 1 is slow to reap are not ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == session and not _waits_for_init(int(entry.name)):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _waits_for_init(pid: int) -> bool:
    state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return state == "Z" and parent == "1"


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def in_parallel(count: int, work: Callable[[int], Any]) -> list[Any]:
    """The results of `count` calls made at once."""
    results: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def one(index: int) -> None:
        barrier.wait()
        results[index] = work(index)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def require_strace() -> None:
    """Skip where system calls cannot be made to fail."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not allow ptrace")


def under_strace(inject: str) -> list[str]:
    """A command prefix that injects faults; the tracer stands beside, so that the pid is the server's own."""
    calls = inject.partition(":")[0]
    return [
        "strace",
        "-D",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={inject}",
    ]


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """A file system of a test's own; skips where mounting is not possible."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this machine does not allow to mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        for _ in range(50):
            if subprocess.run(["umount", str(folder)], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def tmpfs(folder: Path, size: str) -> Any:
    """A small disk in memory."""
    return mounted(folder, "-t", "tmpfs", "-o", f"size={size}", "none")


def fill(folder: Path, *, leave: int = 0) -> Path:
    """Fill a disk but for some bytes; gives the file to delete."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            chunk = b"\0" * size
            try:
                while shutil.disk_usage(folder).free > leave:
                    file.write(chunk)
                    if leave and shutil.disk_usage(folder).free <= leave:
                        return filler
            except OSError:
                continue
    return filler


def end_all(servers: Sequence[Server]) -> None:
    """End servers, and the workers that outlive them; only those that were started in their homes."""
    for server in servers:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGCONT)
            server.kill()
        for record in server.home.glob("*/*/run.json"):
            try:
                pid = int(json.loads(record.read_bytes())["pid"])
            except (OSError, ValueError):
                continue
            for member in descendants(pid):
                try:
                    os.kill(member, signal.SIGKILL)
                except ProcessLookupError:
                    continue
