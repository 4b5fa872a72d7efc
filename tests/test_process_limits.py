"""Processes that read files of others have limits; a lower one of the caller stays, and none is raised."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.importing.scan_end import ended_error
from studio.interpreter import python_module
from studio.process_limits import GIB
from studio.runs.spec import WorkerKind
from studio.training.worker import LIMITS
from tests.support import scanning

TELL = """
import resource, sys
{before}
from studio.process_limits import *
limit_process(ProcessLimits(memory_bytes=GIB, cpu_seconds=100, file_bytes=1000))
import json
names = ("RLIMIT_DATA", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE")
print(json.dumps({{name: resource.getrlimit(getattr(resource, name)) for name in names}}))
{after}
"""


def told(before: str = "", after: str = "") -> tuple[dict[str, list[int]], subprocess.CompletedProcess[str]]:
    code = TELL.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return json.loads(done.stdout.splitlines()[0]), done


def test_limits_hold_beyond_what_the_process_holds_already() -> None:
    after = "held = bytearray(800 << 20)\ntry:\n    bytearray(600 << 20)\nexcept MemoryError:\n    print('refused')"
    limits, done = told(before="kept = bytearray(500 << 20)", after=after)

    assert done.stdout.splitlines()[1:] == ["refused"], done.stderr
    assert 1.4 * GIB < limits["RLIMIT_DATA"][0] < 1.9 * GIB
    assert (limits["RLIMIT_CPU"], limits["RLIMIT_FSIZE"], limits["RLIMIT_CORE"]) == ([100, 100], [1000, 1000], [0, 0])


@pytest.mark.parametrize("name", ["RLIMIT_CPU", "RLIMIT_FSIZE"])
@pytest.mark.parametrize("pair", [(7, 7), (7, 50_000), (7, -1)])
def test_a_lower_limit_of_the_caller_stays(name: str, pair: tuple[int, int]) -> None:
    """Raising one above the caller's hard limit is an error, which ended every import without a cause."""
    limits, _ = told(before=f"resource.setrlimit(resource.{name}, {pair})")

    assert limits[name] == [7, 7]


def test_a_file_that_grows_too_large_is_an_error_that_can_be_told(tmp_path: Path) -> None:
    path = tmp_path / "large"
    after = (
        f"file = open({str(path)!r}, 'wb', buffering=0)\nfile.write(b'x' * 5000)\n"
        "try:\n    file.write(b'x')\nexcept OSError as error:\n    print(error.errno)"
    )

    _, done = told(after=after)

    assert done.stdout.splitlines()[1:] == ["27"]
    assert path.stat().st_size <= 1000


def test_every_worker_that_reads_files_of_others_has_limits() -> None:
    assert set(LIMITS) == set(WorkerKind) - {WorkerKind.TRAIN}
    for made in LIMITS.values():
        assert made().memory_bytes
        assert made().file_bytes


@pytest.mark.parametrize("command", ["scan", "worker"])
def test_a_caller_with_low_limits_can_look_at_data(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "import"
    folder.mkdir()
    (tmp_path / "a.csv").write_text("a,b\n1,x\n2,y\n")
    request = {"source": str(tmp_path / "a.csv"), "source_name": "a.csv"}
    (folder / "request.json").write_text(json.dumps(request))
    (folder / "spec.json").write_text(json.dumps({"run_id": "r", "kind": "inspect", "problem_type": "x"}))

    def lowered() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 * GIB, 3 * GIB))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    if command == "scan":
        assert scanning.scan(folder, before=lowered) == 0
        assert json.loads((folder / "scan.json").read_text())["state"] == "ready", (folder / "scan.log").read_text()
        return
    done = subprocess.run(
        python_module("studio.training", str(folder)), preexec_fn=lowered, capture_output=True, text=True, check=False
    )
    assert "limit" not in done.stderr
    assert (folder / "events.jsonl").is_file(), done.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [(None, "longer than 15 minutes"), (-signal.SIGXCPU, "600 seconds of processor time"), (-9, "memory ran out"),
     (-11, "signal 11"), (1, "exit code 1")],
)  # fmt: skip
def test_a_scan_that_ended_says_why(code: int | None, words: str) -> None:
    error = ended_error(code, 900)

    assert words in error["message"]
    assert error["hint"]
    if code in (1, -11):
        assert "GB of memory that one import may take" in error["hint"]
