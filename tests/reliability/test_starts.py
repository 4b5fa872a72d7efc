"""A start that fails says why and is no start; one that says that it is ready answers."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from studio.store.home import Home
from studio.store.store import Store
from tests.support.requirements import covers

pytestmark = pytest.mark.trust


def serve(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a server says that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "studio.cli", "serve", "--home", str(home), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "STUDIO_WARM_LAUNCHER": "0", "STUDIO_RESERVE_MB": "0", **environment},
    )


@covers("F112")
@pytest.mark.parametrize("harm", ["no scheduler", "a locked database", "a file in the place of a folder"])
def test_a_start_that_fails_says_why_and_never_that_it_is_ready(tmp_path: Path, harm: str) -> None:
    home = Home.create(tmp_path / "home")
    Store.open(home).close()
    environment, expected = {}, "unexpected"
    holder = sqlite3.connect(home.database)
    if harm == "no scheduler":
        environment, expected = {"STUDIO_FAIL": "start:eio"}, "Input/output error"
    elif harm == "a locked database":
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        expected = "locked"
    else:
        (home.path / "datasets").rmdir()
        (home.path / "datasets").write_text("")
        expected = "File exists"

    done = serve(home.path, **environment)

    holder.close()
    assert done.returncode == 1, done.stderr
    assert "ready" not in done.stdout
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home.path / "run" / "server.json").exists()


@covers("F112")
def test_a_server_that_says_that_it_is_ready_answers_at_once(tmp_path: Path) -> None:
    import re
    import urllib.request

    command = [sys.executable, "-m", "studio.cli", "serve", "--home", str(tmp_path / "home"), "--port", "0"]
    environment = {**os.environ, "STUDIO_WARM_LAUNCHER": "0", "STUDIO_RESERVE_MB": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        address = next(found[0] for line in server.stdout if (found := re.search(r"http://[\d.:]+", line)))
        try:
            with urllib.request.urlopen(f"{address}/api/health", timeout=1) as answer:
                assert answer.status == 200
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
