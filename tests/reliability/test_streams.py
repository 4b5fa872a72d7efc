"""The stream of events: many readers, slow ones, ones that come back, and what a server does for all of them."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.harness import Server, Stream, copy_home, end_all, log_in, wait_for
from tests.support.requirements import covers

pytestmark = pytest.mark.trust


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("streams")
    copy_home(template, base)
    one = Server(base / "home").ready()
    yield one
    end_all([one])


def rename(server: Server, times: int, word: str) -> None:
    """Make messages: each name is told to who listens to datasets."""
    [dataset] = server.call("GET", "/api/datasets")
    for number in range(times):
        server.call("PATCH", f"/api/datasets/{dataset['id']}", {"name": f"{word} {number}"})


def names(stream: Stream) -> list[str]:
    return [data["name"] for _, event, data in stream.messages() if event == "dataset"]


@covers("I24")
def test_a_page_that_asks_for_other_topics_goes_on_where_it_was(server: Server) -> None:
    """It opens another stream, and can say only in the address where it was."""
    first = Stream(server, "datasets")
    wait_for(lambda: first.read(0.2) and first.messages())
    last = first.messages()[-1][0]
    first.close()
    rename(server, 3, "meanwhile")

    second = Stream(server, f"datasets,queue&last_event_id={last}")

    assert second.status() == 200
    wait_for(lambda: second.read(0.3) and len(names(second)) == 3)
    assert names(second) == [f"meanwhile {number}" for number in range(3)]
    assert all(event != "snapshot" for _, event, _ in second.messages())
    second.close()


@covers("F63", "I24", "I14")
def test_a_client_that_comes_back_hears_everything_once(server: Server) -> None:
    """Five times gone and back while names change; beside it one that stays."""
    steady = Stream(server, "datasets")
    assert steady.status() == 200
    wait_for(lambda: steady.read(0.2) and steady.messages())
    worker = threading.Thread(target=rename, args=(server, 60, "came"))
    heard: list[tuple[int, str]] = []
    last = str(steady.messages()[-1][0])

    worker.start()
    while worker.is_alive() or len(heard) < 60:
        coming = Stream(server, "datasets", last_id=last)
        coming.read(0.4)
        messages = coming.messages()
        assert all(event != "snapshot" for _, event, _ in messages)
        heard += [(id, data["name"]) for id, event, data in messages if event == "dataset"]
        last = str(messages[-1][0]) if messages else last
        coming.close()
    worker.join()

    expected = [f"came {number}" for number in range(60)]
    wait_for(lambda: steady.read(0.3) and names(steady)[-1:] == expected[-1:])
    assert [name for _, name in heard] == expected
    assert [id for id, _ in heard] == sorted({id for id, _ in heard})
    assert names(steady) == expected
    steady.close()


@covers("F63", "I24")
def test_one_that_was_away_for_too_long_is_told_to_look_anew(server: Server) -> None:
    stream = Stream(server, "datasets", last_id="1")

    wait_for(lambda: stream.read(0.2) and stream.messages())

    assert [event for _, event, _ in stream.messages()] == ["snapshot"]
    stream.close()


@covers("F65")
def test_a_quiet_stream_says_every_fifteen_seconds_that_it_lives(server: Server) -> None:
    """A proxy that cuts what is silent for 60 s leaves it alone; the client is told how soon to come back."""
    stream = Stream(server, "datasets")

    heard = stream.read(17)

    assert b": alive" in heard
    assert b"retry: 1000" in heard
    stream.close()


@covers("F64", "I24")
def test_a_client_that_reads_nothing_is_dropped_and_costs_no_memory(server: Server) -> None:
    """Dropped by the kernel after 40 s in which it took nothing; 60 s are allowed. Told meanwhile: 8 MB."""
    deaf = Stream(server, "datasets", small=True)
    time.sleep(1)
    port = deaf.socket.getsockname()[1]
    assert is_connected(server, port)
    [dataset] = server.call("GET", "/api/datasets")
    before = resident_bytes(server)
    begun = time.monotonic()

    number = 0
    while is_connected(server, port):
        number += 1
        server.call("PATCH", f"/api/datasets/{dataset['id']}", {"name": f"{number:05} " + "x" * 180})
        assert time.monotonic() - begun < 60 + 5
        # What is told first fills every buffer on the way; then one message now and then is enough.
        time.sleep(0 if time.monotonic() - begun < 8 else 0.5)

    assert time.monotonic() - begun > 5  # not at once: a slow moment is no reason
    assert resident_bytes(server) - before < 64 << 20
    assert server.call("GET", "/api/health") == {"ok": True}
    deaf.close()


def is_connected(server: Server, port: int) -> bool:
    """Whether the server still holds the connection that comes from a port."""
    import psutil

    connections = psutil.Process(server.pid).net_connections(kind="tcp")
    return any(one.raddr and one.raddr.port == port and one.status == "ESTABLISHED" for one in connections)


def resident_bytes(server: Server) -> int:
    import psutil

    return int(psutil.Process(server.pid).memory_info().rss)


def is_let_in(server: Server) -> bool:
    stream = Stream(server, "datasets")
    try:
        return stream.status() == 200
    finally:
        stream.close()


@covers("F47")
def test_with_few_open_files_new_streams_are_refused_and_old_ones_live(template: Path, tmp_path: Path) -> None:
    """400 streams at 256 open files, 6 a session."""
    copy_home(template, tmp_path)
    server = Server(tmp_path / "home", prefix=["prlimit", "--nofile=256:256"]).ready()
    held: list[Stream] = []
    try:
        cookies = [log_in(server) for _ in range(67)]
        answers = []
        for number in range(400):
            stream = Stream(server, "datasets", cookie=cookies[number // 6])
            answers.append(stream.status())
            if answers[-1] == 200:
                held.append(stream)
            else:
                stream.close()

        assert set(answers) == {200, 503}
        assert 50 < answers.count(200) < 256
        rename(server, 1, "still heard")  # and requests are answered
        assert wait_for(lambda: held[0].read(0.3) and "still heard 0" in names(held[0]))
        assert wait_for(lambda: held[-1].read(0.3) and "still heard 0" in names(held[-1]))
        for stream in held:
            stream.close()
        assert wait_for(lambda: is_let_in(server))
        assert len(os.listdir(f"/proc/{server.pid}/fd")) < 128
    finally:
        end_all([server])
