"""Commands that meet: repeated, at once, or at the moment a run ends."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.harness import Server, check_database, copy_home, end_all, history, in_parallel, starts
from tests.support.requirements import covers

pytestmark = pytest.mark.trust
LONG = 100_000


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("races")
    copy_home(template, base)
    one = Server(base / "home").ready()
    yield one
    end_all([one])


@covers("F55", "I2", "I28")
def test_fifty_resumes_at_once_are_one_attempt(server: Server) -> None:
    server.order(steps=LONG)
    experiment, id = server.start()
    server.await_step(id, 2)
    server.call("POST", f"/api/experiments/{experiment}/stop")
    server.await_state(id, "stopped")
    server.order(steps=5)

    answers = in_parallel(50, lambda _: server.ask("POST", f"/api/experiments/{experiment}/resume", timeout=120)[0])
    server.await_state(id, "finished")

    assert set(answers) <= {200, 409}
    assert answers.count(200) >= 1
    assert starts(server.home / "runs" / id) == 2
    assert server.run(id)["attempt"] == 2


@covers("F56")
def test_a_stop_that_meets_the_end_leaves_one_state_and_what_belongs_to_it(server: Server) -> None:
    """20 random moments; 500 of them in test_loops.py."""
    random.seed(7)
    for _ in range(20):
        race_a_stop(server, random.uniform(0, 0.5))
    check_database(server.home)


def race_a_stop(server: Server, delay: float) -> None:
    server.order(steps=4, pause=0.05)
    experiment, id = server.start()
    server.await_state(id, "running", "finished")
    time.sleep(delay)
    server.call("POST", f"/api/experiments/{experiment}/stop")
    run = server.await_state(id, "finished", "stopped")

    events = (server.home / "runs" / id / "events.jsonl").read_text()
    assert ('"kind":"finished"' in events) == (run["state"] == "finished")
    assert history(server.home, id)[-1] == run["state"]
    assert sum(one in ("finished", "stopped") for one in history(server.home, id)) == 1


@covers("F57")
def test_a_waiting_run_is_stopped_at_once_and_never_starts(server: Server) -> None:
    server.order(steps=LONG)
    first, running = server.start()
    server.await_step(running, 2)
    second, waiting = server.start()

    server.call("POST", f"/api/experiments/{second}/stop")

    assert server.run(waiting)["state"] == "stopped"
    server.call("POST", f"/api/experiments/{first}/stop")
    server.await_state(running, "stopped")
    time.sleep(1)
    assert starts(server.home / "runs" / waiting) == 0


@covers("F58")
def test_what_is_in_use_is_not_deleted_and_the_users_are_named(server: Server) -> None:
    server.order(steps=LONG)
    experiment, id = server.start("user of the data")
    server.await_step(id, 2)
    [dataset] = server.call("GET", "/api/datasets")

    running = server.ask("DELETE", f"/api/experiments/{experiment}")
    used = server.ask("DELETE", f"/api/datasets/{dataset['id']}")

    assert (running[0], running[1]["names"]) == (409, [id])
    assert used[0] == 409
    assert "user of the data" in used[1]["names"]
    assert server.run(id)["state"] == "running"
    server.call("POST", f"/api/experiments/{experiment}/stop")
    server.await_state(id, "stopped")
    assert server.ask("DELETE", f"/api/experiments/{experiment}")[0] == 200
    assert not (server.home / "runs" / id).exists()


@covers("I28")
def test_the_same_command_twice_has_one_effect(server: Server) -> None:
    server.order(steps=LONG)
    experiment, id = server.start()
    server.await_step(id, 2)

    stops = in_parallel(5, lambda _: server.ask("POST", f"/api/experiments/{experiment}/stop")[0])
    server.await_state(id, "stopped")
    deletions = in_parallel(5, lambda _: server.ask("DELETE", f"/api/experiments/{experiment}")[0])

    assert set(stops) == {200}
    assert set(deletions) <= {200, 404}
    assert 200 in deletions


@covers("I17")
def test_many_writers_at_once_never_see_a_locked_database(server: Server) -> None:
    """A training writes meanwhile; a write waits at most 5 s, or is told to come again."""
    server.order(steps=LONG, pause=0.0)
    experiment, id = server.start()
    server.await_step(id, 2)
    [dataset] = server.call("GET", "/api/datasets")

    def write(number: int) -> set[tuple[int, str]]:
        seen = set()
        for turn in range(6):
            begun = time.monotonic()
            status, found = server.ask("PATCH", f"/api/datasets/{dataset['id']}", {"name": f"data {number}-{turn}"})
            assert time.monotonic() - begun < 10
            assert "locked" not in str(found)
            seen.add((status, "" if status == 200 else found["error"]["code"]))
        return seen

    seen = set().union(*in_parallel(12, write))

    assert (200, "") in seen
    assert seen <= {(200, ""), (503, "busy")}
    server.call("POST", f"/api/experiments/{experiment}/stop")
    server.await_state(id, "stopped", seconds=60)
