"""WarmLauncher: the server's side of a process that has torch imported and forks workers on request.

The other side is `python -m studio.training --launcher SOCKET`: one JSON line in, `{"pid": ...}` out.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from studio.interpreter import python_module
from studio.runs.process import ProcessRecord
from studio.runs.spec import RunSpec
from studio.scheduling.environment import worker_environment

logger = logging.getLogger(__name__)
ANSWER_SECONDS = 5.0
WARM_SECONDS = 120.0
CLOSE_SECONDS = 1.0
LOOK_SECONDS = 10.0
"""Between two looks whether it still answers."""
RESTARTS = 5
"""In an hour; after that workers start cold, which they can do always."""
HOUR_SECONDS = 3600.0
State = Literal["warm", "warming", "off"]


class WarmLauncher:
    """Started in the background; until it is warm, and whenever it does not answer, workers start cold."""

    def __init__(
        self,
        socket_path: Path,
        environment: Mapping[str, str],
        look_seconds: float = LOOK_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._socket = socket_path
        self._look_seconds = look_seconds
        self._answer_seconds = answer_seconds
        self._restarts: list[float] = []
        self._is_doubted = threading.Event()
        self._record = socket_path.with_suffix(".json")
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_warm = False
        self._is_closed = threading.Event()

    @property
    def state(self) -> State:
        """Whether it can be asked."""
        if self._process is None or self._process.poll() is not None:
            return "off"
        return "warm" if self._is_warm else "warming"

    def start(self) -> None:
        """End what an earlier server left, start a new one, and keep it going in a thread."""
        self._end_earlier()
        self._spawn()
        threading.Thread(target=self._keep, name="launcher", daemon=True).start()

    def _spawn(self) -> None:
        self._socket.unlink(missing_ok=True)
        with self._socket.with_suffix(".log").open("wb") as output:
            self._process = subprocess.Popen(
                python_module("studio.training", "--launcher", str(self._socket)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        record = ProcessRecord.of(self._process.pid)
        if record:
            record.write(self._record)

    def ask(self, folder: Path, threads: int, environment: Mapping[str, str]) -> int | None:
        """The pid of a worker forked for a run folder; None if it must be started cold."""
        if self.state != "warm":
            return None
        try:
            with connect_unix(self._socket, self._answer_seconds) as connection:
                request = {"folder": str(folder), "threads": threads, "env": dict(environment)}
                connection.sendall(json.dumps(request).encode() + b"\n")
                answer = json.loads(connection.makefile("rb").readline())
            return int(answer["pid"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("The warm launcher does not answer (%s); starting cold.", error)
            self._is_warm = False
            self._is_doubted.set()
            return None

    def close(self) -> None:
        """End it; the workers it forked go on, and while they do it stays to see how they end."""
        self._is_closed.set()
        self._is_doubted.set()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.returncode = 0  # it is not ours to wait for; Popen would complain when it is forgotten
        self._socket.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def _keep(self) -> None:
        """Wait for its warmth, then look whether it lives and answers; start another one where it does not."""
        self._await_warmth()
        while not self._is_closed.is_set():
            self._is_doubted.wait(self._look_seconds)
            self._is_doubted.clear()
            if self._is_closed.is_set() or self._answers():
                continue
            now = time.monotonic()
            self._restarts = [one for one in self._restarts if one > now - HOUR_SECONDS]
            if len(self._restarts) >= RESTARTS:
                continue
            self._restarts.append(now)
            logger.warning("The warm launcher has ended or does not answer; another one is started.")
            self._replace()

    def _answers(self) -> bool:
        """Whether it takes a connection, and closes one that asks for nothing."""
        if self._process is None or self._process.poll() is not None:
            self._is_warm = False
            return False
        if not self._is_warm and not self._socket.exists():
            return True  # it is still warming up
        try:
            with connect_unix(self._socket, self._answer_seconds) as connection:
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(1)
        except OSError:
            self._is_warm = False
            return False
        self._is_warm = answer == b""
        return self._is_warm

    def _replace(self) -> None:
        """End it for good, also if it is stopped; the workers it forked go on."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(CLOSE_SECONDS)
        try:
            self._spawn()
        except OSError as error:
            logger.warning("No warm launcher could be started (%s); workers start cold.", error)
            return
        if self._is_closed.is_set() and self._process is not None:
            self._process.terminate()  # closed meanwhile
        self._await_warmth()

    def _await_warmth(self) -> None:
        process = self._process
        assert process is not None
        for _ in range(int(WARM_SECONDS * 5)):
            if self._is_closed.wait(0.2) or process.poll() is not None:
                return
            try:
                connect_unix(self._socket, 1.0).close()
            except OSError:
                continue
            self._is_warm = True
            return

    def _end_earlier(self) -> None:
        record = ProcessRecord.read(self._record)
        if record is not None and record.is_alive():
            os.kill(record.pid, signal.SIGTERM)


def launcher_environment(environment: Mapping[str, str], cores: int) -> dict[str, str]:
    """The environment the launcher imports torch in."""
    kept = worker_environment(environment, RunSpec(run_id="launcher", problem_type="", threads=cores))
    kept.pop("CUDA_VISIBLE_DEVICES", None)
    return kept


def connect_unix(path: Path, timeout_seconds: float) -> socket.socket:
    """A connection to a Unix socket, also where the path is longer than the 107 bytes an address may have."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout_seconds)
    try:
        if len(os.fsencode(path)) < 100:
            connection.connect(str(path))
        else:
            folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
            try:
                connection.connect(f"/proc/self/fd/{folder}/{path.name}")
            finally:
                os.close(folder)
    except BaseException:
        connection.close()
        raise
    return connection
