import json
import math
from pathlib import Path

from studio.runs.events import Finished, Heartbeat, Metrics, decode, encode, read_events


def test_numbers_that_are_not_finite_survive_and_are_never_bare() -> None:
    event = Metrics(points={"train/loss": ((1, float("nan")), (2, float("inf")), (3, 0.5))})
    line = encode(event)

    json.loads(line, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))
    points = decode(line).points["train/loss"]  # type: ignore[union-attr]

    assert math.isnan(points[0][1])
    assert points[1][1] == math.inf
    assert points[2] == (3, 0.5)


def test_a_line_still_being_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = encode(Heartbeat(n=1)) + encode(Heartbeat(n=2))
    path.write_bytes(whole + encode(Finished(n=3))[:-5])

    events = list(read_events(path))

    assert [event.n for event, _ in events] == [1, 2]
    assert events[-1][1] == len(whole)


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(encode(Heartbeat(n=1)))
    _, offset = list(read_events(path))[-1]
    with path.open("ab") as file:
        file.write(encode(Heartbeat(n=2)))

    assert [event.n for event, _ in read_events(path, offset)] == [2]


def test_no_log_is_no_event(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "missing")) == []


def test_fields_of_a_newer_version_are_read_over() -> None:
    assert decode(b'{"kind": "heartbeat", "n": 4, "something_new": 1}').n == 4
