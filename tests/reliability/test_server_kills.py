"""The server is killed, told to end, or started twice: nothing acknowledged is lost and no training ends with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.conftest import Serve
from tests.reliability.harness import (
    Stream,
    check_database,
    descendants,
    experiment_body,
    history,
    in_parallel,
    log_in,
    points,
    starts,
    wait_for,
)
from tests.support.requirements import covers

pytestmark = pytest.mark.trust
LONG = 100_000
OCTETS: dict[str, Any] = {"Content_Type": "application/octet-stream"}


@covers("F1", "I16")
def test_an_idle_server_survives_kills_with_all_it_acknowledged(serve: Serve, base: Path) -> None:
    """The loop of 200 kills is in test_loops.py."""
    for number in range(3):
        server = serve().ready()
        server.call("PUT", "/api/preferences", {"smoothing": float(number)})
        server.kill()

    assert serve().ready().call("GET", "/api/preferences")["smoothing"] == 2.0
    check_database(base / "home")


@covers("F2", "I4", "I5", "I13", "I14")
def test_training_goes_on_without_a_server_and_its_curve_has_no_gap(serve: Serve, base: Path) -> None:
    """The server is away for 4 s, not 20: the worker does not know it in either case."""
    first = serve().ready()
    first.order(steps=LONG)
    _, id = first.start()
    first.await_step(id, 20)
    pid = first.worker(id)
    first.kill()
    time.sleep(4)

    begun = time.monotonic()
    second = serve().ready()
    seen = second.await_step(id, 60)
    assert time.monotonic() - begun < 15
    assert (seen["state"], second.worker(id), seen["attempt"]) == ("running", pid, 1)
    second.order(steps=1)
    ended = second.await_state(id, "finished")

    steps = points(base / "home", id)
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 60
    assert [one["state"] for one in ended["history"]] == ["queued", "starting", "running", "finished"]
    assert starts(base / "home" / "runs" / id) == 1
    check_database(base / "home")


@covers("F3", "I2", "I3")
def test_a_kill_between_the_decision_and_the_start_starts_once(serve: Serve, base: Path) -> None:
    first = serve("after_cas:kill").ready()
    id = first.start_and_die()
    assert history(base / "home", id) == ["queued", "starting"]

    second = serve().ready()
    second.await_state(id, "finished", seconds=40)

    assert history(base / "home", id) == ["queued", "starting", "queued", "starting", "running", "finished"]
    assert starts(base / "home" / "runs" / id) == 1
    assert points(base / "home", id) == list(range(1, 41))


@covers("F4", "I2")
def test_a_kill_right_after_the_start_adopts_the_worker(serve: Serve, base: Path) -> None:
    first = serve("after_spawn:kill").ready()
    first.order(steps=LONG)
    id = first.start_and_die()

    second = serve().ready()
    second.await_state(id, "running")
    second.order(steps=1)
    second.await_state(id, "finished", seconds=40)

    assert history(base / "home", id) == ["queued", "starting", "running", "finished"]
    assert starts(base / "home" / "runs" / id) == 1


@covers("F5")
def test_a_kill_during_an_upload_leaves_what_was_durable(serve: Serve) -> None:
    data = os.urandom(3 << 20)
    first = serve().ready()
    upload = first.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
    first.call("PUT", f"/api/uploads/{upload}?offset=0", data=data[: 1 << 20], **OCTETS)
    first.kill()

    second = serve().ready()
    offset = second.call("GET", f"/api/uploads/{upload}")["offset"]
    done = second.call("PUT", f"/api/uploads/{upload}?offset={offset}", data=data[offset:], **OCTETS)

    assert offset == 1 << 20
    assert done["offset"] == len(data)
    assert (second.home / "uploads" / upload).read_bytes() == data


@covers("F5", "I11")
def test_bytes_that_were_durable_but_not_counted_are_sent_again(serve: Serve) -> None:
    data = os.urandom(1 << 20)
    first = serve("upload_durable:kill").ready()
    upload = first.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
    with pytest.raises(OSError):  # noqa: PT011 -- whatever a dead server looks like
        first.call("PUT", f"/api/uploads/{upload}?offset=0", data=data, **OCTETS)

    second = serve().ready()

    assert second.call("GET", f"/api/uploads/{upload}")["offset"] == 0
    assert second.call("PUT", f"/api/uploads/{upload}?offset=0", data=data, **OCTETS)["offset"] == len(data)
    assert (second.home / "uploads" / upload).read_bytes() == data


@covers("F6", "I11")
@pytest.mark.parametrize(("place", "state"), [("dataset_before_rename", "failed"), ("dataset_after_rename", "ready")])
def test_a_dataset_is_complete_or_absent(serve: Serve, base: Path, place: str, state: str) -> None:
    """The worker that makes it is killed beside its last step, and the server at once after it."""
    first = serve(f"{place}:kill").ready()
    id = first.call("POST", "/api/examples/text_classification")["id"]
    wait_for((first.home / "inspections" / id / "run.json").exists)
    pid = json.loads((first.home / "inspections" / id / "run.json").read_bytes())["pid"]
    wait_for(lambda: not descendants(pid))
    first.kill()

    second = serve().ready()
    dataset = wait_for(
        lambda: found if (found := second.call("GET", f"/api/datasets/{id}"))["state"] != "inspecting" else 0
    )

    assert dataset["state"] == state
    assert (first.home / "datasets" / id / "dataset.json").exists() == (state == "ready")
    if state == "ready":
        assert second.call("GET", f"/api/datasets/{id}/samples")["total"] > 0
    else:
        assert dataset["error"]["message"]


@covers("F9")
@pytest.mark.parametrize("place", ["delete_entombed", "delete_files_gone"])
def test_a_deletion_that_was_cut_off_is_finished_at_the_next_start(serve: Serve, base: Path, place: str) -> None:
    first = serve(f"{place}:kill").ready()
    first.order(steps=5)
    experiment, id = first.start("doomed")
    first.await_state(id, "finished")
    with pytest.raises(OSError):  # noqa: PT011 -- whatever a dead server looks like
        first.call("DELETE", f"/api/experiments/{experiment}")

    second = serve().ready()

    assert second.ask("GET", f"/api/experiments/{experiment}")[0] == 404
    assert second.ask("GET", f"/api/runs/{id}")[0] == 404
    assert not (base / "home" / "runs" / id).exists()
    assert second.start("doomed")  # its name is free
    check_database(base / "home")


@covers("F10", "I25")
def test_a_terminated_server_leaves_within_five_seconds_and_training_goes_on(serve: Serve, base: Path) -> None:
    server = serve().ready()
    server.order(steps=LONG)
    _, id = server.start()
    server.await_step(id, 5)
    data = os.urandom(1 << 20)
    upload = server.call("POST", "/api/uploads", {"name": "a.zip", "size": len(data)})["id"]
    streams = [
        Stream(server, "experiments", cookie=cookie) for cookie in [log_in(server) for _ in range(10)] for _ in "12345"
    ]
    assert {stream.status() for stream in streams} == {200}
    half = socket.create_connection(("127.0.0.1", server.port))
    lines = [f"PUT /api/uploads/{upload}?offset=0 HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"Authorization: Bearer {server.token}", f"Content-Length: {len(data)}"]
    half.sendall("\r\n".join([*lines, "", ""]).encode() + data[: 1 << 19])
    time.sleep(0.5)
    begun = time.monotonic()

    code = server.end()

    assert time.monotonic() - begun < 5
    assert code == 0
    assert all(b"0\r\n\r\n" in stream.read(2) for stream in streams[:3])  # ended, not torn
    for one in [*streams, half]:
        one.close()
    assert not (server.home / "run" / "server.json").exists()
    again = serve().ready()
    assert again.run(id)["state"] == "running"
    offset = again.call("GET", f"/api/uploads/{upload}")["offset"]
    assert again.call("PUT", f"/api/uploads/{upload}?offset={offset}", data=data[offset:], **OCTETS)["offset"] == len(
        data
    )


@covers("F11", "I25")
def test_a_second_interrupt_ends_it_at_once_and_the_database_is_sound(serve: Serve, base: Path) -> None:
    server = serve().ready()
    server.order(steps=LONG)
    _, id = server.start()
    stream = Stream(server, f"run:{id}")
    assert stream.status() == 200
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    begun = time.monotonic()
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGINT)

    server.process.wait(10)

    assert time.monotonic() - begun < 1.5  # one second, and what a busy machine adds
    stream.close()
    check_database(base / "home")
    assert serve().ready().run(id)["state"] in ("starting", "running", "finished")


@covers("F12", "I5")
def test_a_closed_terminal_ends_the_server_and_no_training(serve: Serve) -> None:
    """Also where the tests themselves run under nohup, whose children ignore the signal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        server = serve().ready()
    finally:
        signal.signal(signal.SIGHUP, before)
    server.order(steps=LONG)
    _, id = server.start()
    server.await_step(id, 5)
    pid = server.worker(id)

    server.process.send_signal(signal.SIGHUP)
    server.process.wait(10)

    assert not (server.home / "run" / "token").exists()
    os.kill(pid, 0)
    assert serve().ready().run(id)["state"] == "running"


@covers("F12")
def test_under_nohup_a_closed_terminal_changes_nothing(serve: Serve) -> None:
    server = serve(prefix=["nohup"]).ready()

    server.process.send_signal(signal.SIGHUP)
    time.sleep(1)

    assert server.call("GET", "/api/health") == {"ok": True}


@covers("F100")
def test_asked_for_its_stacks_a_server_writes_them_and_goes_on(serve: Serve) -> None:
    server = serve().ready()

    server.process.send_signal(signal.SIGUSR1)

    # The stack of the main thread is written last.
    wait_for(lambda: "studio/server/serve.py" in server.output.read_text())
    assert "Current thread" in server.output.read_text()
    assert server.call("GET", "/api/health") == {"ok": True}


@covers("F13")
def test_a_second_server_refuses_and_names_the_first(serve: Serve) -> None:
    first = serve().ready()

    second = subprocess.run(
        [sys.executable, "-m", "studio.cli", "serve", "--home", str(first.home), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == 1
    assert f"pid {first.pid}" in second.stderr
    assert f"port {first.port}" in second.stderr
    assert first.call("GET", "/api/health") == {"ok": True}


@covers("I28", "F55")
def test_fifty_replayed_starts_make_one_experiment_and_one_attempt(serve: Serve, base: Path) -> None:
    server = serve().ready()
    body = experiment_body(base)

    answers = in_parallel(
        50, lambda _: server.ask("POST", "/api/experiments", body, Idempotency_Key="once", timeout=120)
    )

    assert {status for status, _ in answers} == {201}
    assert len({found["id"] for _, found in answers}) == 1
    assert server.call("GET", "/api/experiments")["total"] == 1
    id = answers[0][1]["runs"][0]["id"]
    server.await_state(id, "finished")
    assert starts(base / "home" / "runs" / id) == 1
    other = {**body, "name": "another"}
    status, refused = server.ask("POST", "/api/experiments", other, Idempotency_Key="once")
    assert (status, refused["error"]["code"]) == (409, "idempotency")


def test_only_loopback_is_served(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio.cli", "serve", "--home", str(tmp_path / "home"), "--host", "0.0.0.0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert "SSH tunnel" in done.stderr


def test_a_living_home_is_for_its_owner_only(serve: Serve) -> None:
    server = serve().ready()
    server.order(steps=5)
    _, id = server.start()
    server.await_state(id, "finished")

    modes = {path: path.stat().st_mode & 0o777 for path in [server.home, *server.home.rglob("*")]}

    assert {path for path, mode in modes.items() if mode & 0o077} == set()
