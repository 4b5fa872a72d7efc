"""The stopwatch: parts add up to the whole, also on a device that works on its own."""

from typing import TYPE_CHECKING, get_args

import pytest
import torch

from studio.runs.events import TIMED_PARTS
from studio.training.reporting.stopwatch import SAMPLED_UPDATES, Part, Stopwatch, waiting_share

if TYPE_CHECKING:
    from .conftest import Work


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_parts_are_those_that_events_name() -> None:
    assert get_args(Part) == TIMED_PARTS


def test_each_second_goes_to_the_part_that_runs() -> None:
    clock = Clock()
    watch = Stopwatch(torch.device("cpu"), clock)
    for part, seconds in (("waiting for data", 1.0), ("forward", 2.0), ("backward", 3.0), ("forward", 0.5)):
        watch.begin(part)  # type: ignore[arg-type]
        clock.now += seconds
    watch.begin(None)
    clock.now += 50

    assert watch.seconds() == {"waiting for data": 1.0, "forward": 2.5, "backward": 3.0}


def test_a_device_is_waited_for_now_and_then_and_its_time_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    waits: list[int] = []

    def synchronize(device: torch.device) -> None:
        waits.append(1)
        clock.now += pending["seconds"]
        pending["seconds"] = 0.0

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    pending = {"seconds": 0.0}
    watch = Stopwatch(torch.device("cuda"), clock)
    for update in range(2 * SAMPLED_UPDATES):
        watch.begin_update(update)
        watch.begin("forward")
        pending["seconds"] += 1.0
        watch.begin("backward")
        pending["seconds"] += 3.0
        watch.begin("optimizer")
        # What the processor waits for at the end of an update is work of the device.
        clock.now += pending["seconds"]
        pending["seconds"] = 0.0
        watch.begin("logging")
    watch.begin(None)

    seconds = watch.seconds()
    assert sum(seconds.values()) == pytest.approx(4.0 * 2 * SAMPLED_UPDATES)
    assert seconds["backward"] == pytest.approx(3 * seconds["forward"])
    assert len(waits) <= 2 * 5


def test_the_breakdown_of_a_run_covers_its_training(work: "Work") -> None:
    done = work(settings={"training.epochs": 3})

    last = done.of_kind("timings")[-1]
    spent = done.of_kind("checkpoint")[-1].time - next(e.time for e in done.events if e.kind == "speed")
    assert set(last.seconds) == set(TIMED_PARTS)
    assert list(last.seconds) == list(TIMED_PARTS)
    assert (last.updates, last.samples) == (18, 288)
    assert sum(last.seconds.values()) == pytest.approx(spent, rel=0.3, abs=0.5)


def test_the_share_of_waiting_leaves_validation_out() -> None:
    assert waiting_share({"waiting for data": 2.0, "forward": 1.0, "backward": 1.0, "validation": 90.0}) == 0.5
    assert waiting_share({}) == 0.0


def test_a_run_that_waits_is_told_what_to_change(work: "Work", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.training.reporting.timing.WAITING_SHARE", 0.0)
    settings = {"training.batch_size": 2, "environment.cache_inputs": "Off"}

    done = work(settings=settings)

    hints = [event.text for event in done.of_kind("log") if "waiting for data" in event.text]
    assert len(hints) == 1
    assert hints[0].endswith("Set Cache inputs to Automatic.")
