"""A warm launcher that was killed or stopped is replaced; until then workers start cold."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.runs.process import ProcessRecord
from studio.scheduling.launcher import WarmLauncher
from tests.support.requirements import covers


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[WarmLauncher]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent / "launcher_stub")}
    launcher = WarmLauncher(tmp_path / "launcher.sock", environment, look_seconds=0.1, answer_seconds=0.3)
    launcher.start()
    until(lambda: launcher.state == "warm")
    yield launcher
    launcher.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pid(launcher_folder: Path) -> int:
    record = ProcessRecord.read(launcher_folder / "launcher.json")
    return record.pid if record is not None else 0


@covers("F120")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_a_launcher_that_ends_or_does_not_answer_is_replaced(
    launcher: WarmLauncher, tmp_path: Path, number: signal.Signals
) -> None:
    first = pid(tmp_path)

    os.kill(first, number)

    until(lambda: pid(tmp_path) not in (0, first) and launcher.state == "warm")
    assert ProcessRecord.of(first) is None


@covers("F120")
def test_one_that_ends_again_and_again_is_not_started_for_ever(launcher: WarmLauncher, tmp_path: Path) -> None:
    seen = set()
    for _ in range(6):
        seen.add(current := pid(tmp_path))
        os.kill(current, signal.SIGKILL)
        if len(seen) == 6:
            break
        until(lambda current=current: pid(tmp_path) not in (0, current) and launcher.state == "warm")
    time.sleep(0.5)

    assert launcher.state == "off"
    assert launcher.ask(tmp_path, 1, {}) is None
    assert len(seen) == 6
