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
State = Literal["warm", "warming", "off"]


class WarmLauncher:
    """Started in the background; until it is warm, and whenever it does not answer, workers start cold."""

    def __init__(self, socket_path: Path, environment: Mapping[str, str]) -> None:
        self._socket = socket_path
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
        """End what an earlier server left, start a new one, and wait for it in a thread."""
        self._end_earlier()
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
        threading.Thread(target=self._await_warmth, name="launcher", daemon=True).start()

    def ask(self, folder: Path, threads: int, environment: Mapping[str, str]) -> int | None:
        """The pid of a worker forked for a run folder; None if it must be started cold."""
        if self.state != "warm":
            return None
        try:
            with connect_unix(self._socket, ANSWER_SECONDS) as connection:
                request = {"folder": str(folder), "threads": threads, "env": dict(environment)}
                connection.sendall(json.dumps(request).encode() + b"\n")
                answer = json.loads(connection.makefile("rb").readline())
            return int(answer["pid"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("The warm launcher does not answer (%s); starting cold.", error)
            self._is_warm = False
            return None

    def close(self) -> None:
        """End it; the workers it forked go on, and while they do it stays to see how they end."""
        self._is_closed.set()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.returncode = 0  # it is not ours to wait for; Popen would complain when it is forgotten
        self._socket.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def _await_warmth(self) -> None:
        assert self._process is not None
        for _ in range(int(WARM_SECONDS * 5)):
            if self._is_closed.wait(0.2) or self._process.poll() is not None:
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
