"""A scanner as the server starts one, with its order waiting for it."""

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.interpreter import python_module


@contextmanager
def scanner(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process that looks at an import folder; its end is awaited."""
    with _ordered(folder, None) as (command, kept):
        process = subprocess.Popen(command, **kept)
        yield process
        process.wait()


def scan(folder: Path, opened: int | None = None, before: Callable[[], None] | None = None) -> int:
    """Look at an import folder; gives the exit code of the process. `before` runs in it before anything else."""
    with _ordered(folder, opened) as (command, kept):
        return subprocess.run(command, preexec_fn=before, check=False, **kept).returncode


@contextmanager
def _ordered(folder: Path, opened: int | None) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """The command of a scanner, and what it is to be given; the order is in its socket already."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        order = json.dumps({"folder": str(folder)}).encode()
        socket.send_fds(ours, [order], [] if opened is None else [opened])
        nothing = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        yield (
            python_module("studio.importing.scanner", str(theirs.fileno())),
            {"pass_fds": [theirs.fileno()], **nothing},
        )
