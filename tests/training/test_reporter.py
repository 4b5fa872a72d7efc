"""The event log: numbered without gaps, whole lines only, cheap a point, also across attempts."""

import json
import math
import statistics
import time
from pathlib import Path

import pytest
import torch

from studio.runs.events import Failed, Heartbeat, Phase, Started, read_events
from studio.runs.folder import RunFolder
from studio.training.reporting.reporter import Reporter


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def events(folder: RunFolder) -> list[object]:
    return [event for event, _ in read_events(folder.events) if event.kind != "heartbeat"]


def test_points_are_gathered_and_keep_their_order(folder: RunFolder) -> None:
    reporter = Reporter(folder, attempt=1, fence=1)
    reporter.metric("train.loss", 16, 1.5)
    reporter.metric("train.loss", 32, torch.tensor(1.25))
    reporter.event(Phase(name="validating"))
    reporter.metrics({"validation.loss": 2.0}, 32, 1.0)
    reporter.close()

    found = events(folder)
    assert [event.kind for event in found] == ["metrics", "phase", "metrics"]  # type: ignore[attr-defined]
    assert found[0].points == {"train.loss": ((16, 1.5), (32, 1.25))}  # type: ignore[attr-defined]
    assert found[2].epoch == 1.0  # type: ignore[attr-defined]


def test_numbers_go_on_behind_a_torn_line(folder: RunFolder) -> None:
    first = Reporter(folder, attempt=1, fence=1)
    first.log("info", "one")
    first.close()
    count = len(folder.events.read_bytes().splitlines())
    with folder.events.open("ab") as file:
        file.write(b'{"v":1,"n":99,"kind":"lo')

    second = Reporter(folder, attempt=2, fence=5)
    second.log("info", "two")
    second.close()

    lines = [json.loads(line) for line in folder.events.read_bytes().splitlines()]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[count]["fence"] == 5


def test_numbers_that_are_not_finite_survive(folder: RunFolder) -> None:
    reporter = Reporter(folder, attempt=1, fence=1)
    reporter.metric("train.loss", 1, math.nan)
    reporter.metric("train.loss", 2, math.inf)
    reporter.close()

    assert b"NaN," not in folder.events.read_bytes().replace(b'"NaN"', b"")
    points = events(folder)[0].points["train.loss"]  # type: ignore[attr-defined]
    assert math.isnan(points[0][1])
    assert points[1][1] == math.inf


def test_a_log_text_of_several_lines_is_several_lines(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(folder, attempt=1, fence=1)
    reporter.log("warning", "one\ntwo")
    reporter.close()

    assert [event.text for event in events(folder)] == ["one", "two"]  # type: ignore[attr-defined]
    assert "warning: one" in capsys.readouterr().out


def test_logging_a_point_takes_microseconds(folder: RunFolder) -> None:
    reporter = Reporter(folder, attempt=1, fence=1)
    seconds = []

    for step in range(20_000):
        started = time.perf_counter()
        reporter.metric("train.loss", step, 0.5)
        seconds.append(time.perf_counter() - started)
    reporter.close()

    assert statistics.median(seconds) < 5e-6
    assert sum(len(event.points["train.loss"]) for event in events(folder)) == 20_000  # type: ignore[attr-defined]


def test_a_heartbeat_says_what_the_run_takes(folder: RunFolder) -> None:
    reporter = Reporter(folder, attempt=1, fence=1)
    reporter.event(Started(pid=1))
    time.sleep(0.6)
    reporter.close()

    beats = [event for event, _ in read_events(folder.events) if event.kind == "heartbeat"]
    assert beats[0].memory_bytes > 1 << 20


def test_nothing_follows_the_event_that_ends_a_run(folder: RunFolder) -> None:
    reporter = Reporter(folder, 1, 1)
    reporter.event(Started(pid=1))
    reporter.event(Failed(code="x", message="It failed."))
    reporter.event(Heartbeat())
    reporter.progress(0.5)
    reporter.close()

    assert [event.kind for event, _ in read_events(folder.events)][-1] == "failed"
