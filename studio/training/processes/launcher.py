"""The warm launcher: a process that has imported torch and its friends, touched no GPU, and forks workers on request.

A fork starts a worker in about 50 ms; importing takes 3 to 7 s. One JSON line in, `{"folder", "threads", "env"}`, one
out, `{"pid"}`. Workers lead sessions of their own and live on when the launcher ends. It reaps them and writes down how
they ended; told to end, it listens no more and stays for that as long as one of them lives.
"""

import faulthandler
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from studio.runs.exit_record import ExitRecord
from studio.runs.folder import RunFolder

ORPHANED_SECONDS = 10.0
LOOK_SECONDS = 0.5
REQUEST_SECONDS = 5.0

PRELOADED = (
    "torch.utils.data",
    "timm",
    "effdet",
    "albumentations",
    "cv2",
    "faster_coco_eval",
    "sklearn.metrics",
    "pandas",
    "pyarrow.parquet",
    "safetensors.torch",
    "huggingface_hub",
    "studio.training.finalize",
    "studio.training.predict",
    "studio.training.online_inference",
)


def serve(path: Path) -> int:
    """Warm up, then fork workers until the parent is gone or SIGTERM comes; gives the exit code."""
    os.umask(0o077)
    if sys.__stderr__ is not None:
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    parent = os.getppid()
    _warm_up()
    launcher = _Launcher(path, parent)
    return launcher.run()


def _warm_up() -> None:
    """Import only: no tensor, no thread pool, no device, so that nothing of it can be lost in a fork.

    The one other thread, which Arrow's allocator starts, is made for forks. OpenBLAS would start one a core.
    """
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1", "NO_ALBUMENTATIONS_UPDATE": "1"}
    import importlib

    for name in PRELOADED:
        importlib.import_module(name)
    from studio.problems.recipes import recipe_class
    from studio.problems.registry import problem_types

    for kind in problem_types().values():
        for model in kind.model_types:
            recipe_class(kind, model.id)


class _Launcher:
    """The loop of the launcher."""

    def __init__(self, path: Path, parent: int) -> None:
        from studio.training.online_inference import listen

        self._path = path
        self._parent = parent
        self._children: dict[int, Path] = {}
        """pid -> run folder"""
        self._orphaned_since: float | None = None
        self._is_ending = False
        self._listener = listen(path)

    def run(self) -> int:
        """Serve until the end."""
        signal.signal(signal.SIGTERM, self._on_signal)
        sys.stdout.write(f"warm, {len(os.listdir('/proc/self/task'))} thread(s)\n")
        sys.stdout.flush()
        while not self._is_ending and not self._is_orphaned():
            self._reap()
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                self._serve_one(connection)
        self._listener.close()
        if not self._is_ending:
            self._path.unlink(missing_ok=True)
        while self._children:
            self._reap()
            time.sleep(LOOK_SECONDS)
        return 0

    def _serve_one(self, connection: socket.socket) -> None:
        connection.settimeout(REQUEST_SECONDS)
        try:
            line = connection.makefile("rb").readline()
            if not line.strip():
                return
            if _has_left(connection):
                return  # it has started that worker itself, which may be over by now
            reply = self._fork(connection, json.loads(line))
            connection.sendall(json.dumps(reply).encode() + b"\n")
        except (OSError, ValueError, KeyError, TypeError) as error:
            sys.stderr.write(f"A request failed: {type(error).__name__}: {error}\n")

    def _fork(self, connection: socket.socket, request: dict[str, Any]) -> dict[str, int]:
        folder = Path(str(request["folder"])).resolve()
        environment = {str(name): str(value) for name, value in request["env"].items()}
        pid = os.fork()
        if pid == 0:
            _become_worker(folder, environment, (self._listener, connection))
        self._children[pid] = folder
        return {"pid": pid}

    def _reap(self) -> None:
        for pid, folder in list(self._children.items()):
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                del self._children[pid]
                continue
            if done:
                del self._children[pid]
                with suppress(OSError):  # the folder may be gone, or the disk full
                    ExitRecord.write(RunFolder(folder), pid, os.waitstatus_to_exitcode(status))

    def _is_orphaned(self) -> bool:
        """Whether the parent has been gone for a while and no worker is left to be reaped."""
        if os.getppid() == self._parent:
            self._orphaned_since = None
            return False
        now = time.monotonic()
        self._orphaned_since = self._orphaned_since or now
        return not self._children and now - self._orphaned_since > ORPHANED_SECONDS

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._is_ending = True
        if not self._children:
            # It holds nothing that could be lost; taking torch down politely costs two seconds.
            os._exit(0)


def _has_left(connection: socket.socket) -> bool:
    """Whether whoever asked has closed the connection, so nobody would know of the worker."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(REQUEST_SECONDS)


def _become_worker(folder: Path, environment: dict[str, str], inherited: tuple[socket.socket, ...]) -> None:
    """In the forked child: a session, environment and output of its own, then the work. Never returns."""
    code = 1
    try:
        os.setsid()
        for one in inherited:
            one.close()
        os.environ.clear()
        os.environ.update(environment)
        _redirect(folder / "worker.log")
        os.chdir(folder)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        from studio.training.worker import worker_process

        code = worker_process(folder)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # the border of the process; _exit below must be reached
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(code)


def _redirect(log: Path) -> None:
    """Standard input from nowhere, output and errors into the worker's log."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
