"""Processor seconds (user and system, children included) of commands that train nothing; the median of five.

    python -m benchmarks.command_line [--rounds 5]

The home holds a dataset and is at rest. Each command is a process of its own; the first round fills caches.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "studio.cli"]
HELP_SECONDS, INSTALLED_SECONDS, HOME_SECONDS = 0.25, 0.6, 1.2


def run(words: list[str], home: Path) -> tuple[float, float]:
    """Processor seconds and seconds of a command.

    Raises:
        RuntimeError: if it fails.
    """
    began = time.perf_counter()
    # Compiled modules are kept, as those of an installed package are, whatever this machine's environment says.
    environment = {**os.environ, "STUDIO_HOME": str(home), "PYTHONPYCACHEPREFIX": str(home.parent / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    assert process.stderr is not None
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}: {told.decode()}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began


def main() -> None:
    """Print every command beside its target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as root:
        home, files, yaml = Path(root, "home"), Path(root, "files"), Path(root, "c.yaml")
        run(["example", "text_regression", "-o", str(files)], home)
        run(["dataset", "import", str(files), "--name", "example"], home)
        run(["config", "new", "text_regression", "--dataset", "example", "--suggest", "-o", str(yaml)], home)
        kind = "image_classification"
        commands = {
            "--help": HELP_SECONDS,
            "problem-types --json": INSTALLED_SECONDS,
            f"schema {kind} --json": INSTALLED_SECONDS,
            f"config new {kind}": INSTALLED_SECONDS,
            f"config load {yaml} --json": INSTALLED_SECONDS,
            "config new text_regression --dataset example": HOME_SECONDS,
            f"config check {yaml}": HOME_SECONDS,
            "dataset list --json": HOME_SECONDS,
            "dataset show example --json": HOME_SECONDS,
            "experiment list --json": HOME_SECONDS,
        }
        print(f"{'command':48} {'processor':>9} {'target':>7} {'elapsed':>8}")
        for words, target in commands.items():
            figures = [run(words.split(), home) for _ in range(rounds + 1)][1:]
            processor, elapsed = (statistics.median(column) for column in zip(*figures, strict=True))
            print(f"{words.replace(str(root), ''):48} {processor:7.2f} s {target:5.2f} s {elapsed:6.2f} s")


if __name__ == "__main__":
    main()
