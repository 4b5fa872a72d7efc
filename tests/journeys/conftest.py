"""Journeys drive the product from outside: the command line, a real server, real data, real training."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Studio = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def studio(home: Path) -> Studio:
    """Runs a command with `--json` and gives its answer; `expect` is the exit code it must have."""

    def run(*arguments: object, expect: int = 0, timeout: float = 900) -> Any:
        command = [sys.executable, "-m", "studio.cli", *map(str, arguments), "--json"]
        environment = {**os.environ, "STUDIO_HOME": str(home)}
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == expect, (
            f"{arguments} gave {done.returncode}\n{done.stderr[-4000:]}\n{done.stdout[-2000:]}"
        )
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run
