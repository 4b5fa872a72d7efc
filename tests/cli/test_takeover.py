"""Two commands on one home: one serves it, the other uses it, and goes on when the first one ends."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from studio.commands.connection import ApiError, Connection, ServerGoneError, connect, part
from studio.server.home_lock import HomeInUseError, HomeLock, read_server_record
from studio.store.home import Home

pytestmark = [
    pytest.mark.trust,
    pytest.mark.covers("F140"),
    # httpcore leaves the socket of a refused connection to the garbage collector.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def owner(home: Home) -> Iterator[Connection]:
    """A command that serves the home."""
    connection = Connection(home.path)
    connection.open()
    yield connection
    connection.close()


def test_a_command_goes_on_when_the_one_that_served_it_ends(home: Home, owner: Connection) -> None:
    with connect(home.path) as user:
        assert user.get("/api/experiments")["total"] == 0
        first = read_server_record(home)

        owner.close()

        assert user.get("/api/experiments")["total"] == 0
        second = read_server_record(home)
    assert first is not None
    assert second is not None
    assert first.token != second.token


def test_an_upload_goes_on_where_the_next_server_has_it(home: Home, owner: Connection, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(bytes(range(256)) * 100)
    closing = threading.Timer(0.05, owner.close)

    with connect(home.path) as user:
        closing.start()
        id = user.upload(file, "data.csv", chunk_bytes=1000)
        closing.join()

        assert user.get(f"/api/uploads/{id}")["offset"] == file.stat().st_size
        assert home.upload(id).read_bytes() == file.read_bytes()


def test_three_commands_at_once_all_succeed(home: Home) -> None:
    """Whoever is first serves; it ends first, too, and the others find the next."""
    command = [sys.executable, "-m", "studio.cli", "experiment", "list", "--json", "--home", str(home.path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    ended = [process.communicate(timeout=120) for process in started]

    assert [json.loads(out) for out, _ in ended] == [[]] * len(started), ended
    assert [process.returncode for process in started] == [0] * len(started)


def test_a_request_that_may_have_had_an_effect_is_not_sent_twice(home: Home, owner: Connection) -> None:
    """The connection breaks while a POST is answered: a sentence, not a trace, and not a second experiment."""
    with connect(home.path) as user:
        user.open()

        def broken(client: httpx2.Client) -> Any:
            raise httpx2.ReadError("the server has gone")

        with pytest.raises(ServerGoneError, match="may or may not have taken effect"):
            user._try("POST", "/api/predictions", broken, is_repeatable=False)


def test_a_command_hands_the_home_over_to_a_server_that_waits(home: Home, owner: Connection) -> None:
    """As `run --wait` asks every now and then how far the run is, while somebody types `studio serve`."""
    is_over = threading.Event()
    answers: list[Any] = []

    def poll() -> None:
        while not is_over.wait(0.05):
            answers.append(owner.get("/api/health"))

    polling = threading.Thread(target=poll)
    polling.start()
    server = HomeLock(home)
    server.take_over()
    count = len(answers)

    server.release()
    deadline = time.monotonic() + 20
    while len(answers) == count and time.monotonic() < deadline:
        time.sleep(0.05)
    is_over.set()
    polling.join(20)

    assert len(answers) > count  # it serves again, since no server came to be
    assert all(answer["ok"] for answer in answers)


def test_a_second_server_is_refused_with_the_first_ones_port(home: Home) -> None:
    first, second = HomeLock(home), HomeLock(home)
    first.acquire()
    first.publish(port=8123)

    with pytest.raises(HomeInUseError, match="port 8123"):
        second.take_over()

    first.release()


def test_names_are_parts_of_a_path_whatever_letters_they_hold(home: Home) -> None:
    """A name like `50% or more?` reached another route, or none."""
    with connect(home.path) as user:
        for name in ("a?b", "50%41", "a#b", "../datasets", "a b"):
            with pytest.raises(ApiError) as refused:
                user.get(f"/api/experiments/{part(name)}")
            assert refused.value.status == 404
            assert name in refused.value.message or "/" in name
