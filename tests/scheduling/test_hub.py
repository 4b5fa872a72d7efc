"""Messages are numbered, kept in a bounded ring, and resumed without gap or repetition."""

import asyncio

from studio.scheduling.hub import Hub
from studio.server.stream import EventStream

TOPICS = frozenset({"a"})


def parse(text: str) -> list[tuple[int, str]]:
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "id" in fields:
            found.append((int(fields["id"]), fields["event"]))
    return found


async def collect(hub: Hub, last: str | None, count: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    stream = EventStream(hub, TOPICS, last).messages()
    async for block in stream:
        found.extend(parse(block.decode()))
        if len(found) >= count:
            break
    await stream.aclose()
    return found


def test_a_first_visit_begins_with_a_snapshot() -> None:
    hub = Hub(first_id=1)
    hub.publish({"a"}, "before", {})

    assert asyncio.run(collect(hub, None, 1)) == [(1, "snapshot")]


def test_resuming_gives_exactly_what_was_missed() -> None:
    hub = Hub(first_id=1)
    for number in range(1, 11):
        hub.publish({"a" if number % 2 else "b"}, f"m{number}", {})

    assert asyncio.run(collect(hub, "3", 3)) == [(5, "m5"), (7, "m7"), (9, "m9")]


def test_who_falls_out_of_the_ring_gets_a_snapshot_in_place_of_a_gap() -> None:
    hub = Hub(ring_messages=5, first_id=1)
    for number in range(1, 21):
        hub.publish({"a"}, f"m{number}", {})

    assert asyncio.run(collect(hub, "3", 1)) == [(20, "snapshot")]
    assert [id for id, _ in asyncio.run(collect(hub, "16", 4))] == [17, 18, 19, 20]


def test_a_number_of_another_server_gets_a_snapshot() -> None:
    hub = Hub(first_id=1000)
    hub.publish({"a"}, "m", {})

    for number in ("5", "5000", "not a number"):
        assert asyncio.run(collect(hub, number, 1))[0][1] == "snapshot"


def test_no_message_is_lost_while_a_client_listens_and_others_publish() -> None:
    hub = Hub(first_id=1)

    async def listen() -> list[tuple[int, str]]:
        task = asyncio.create_task(collect(hub, "0", 200))
        loop = asyncio.get_running_loop()

        def publish() -> None:
            for number in range(200):
                hub.publish({"a"}, f"m{number}", {})

        await asyncio.gather(*(loop.run_in_executor(None, publish) for _ in range(1)))
        return await asyncio.wait_for(task, 10)

    assert [id for id, _ in asyncio.run(listen())] == list(range(1, 201))


def test_closing_the_hub_ends_every_stream() -> None:
    hub = Hub(first_id=1)

    async def run() -> int:
        async def drain() -> int:
            return len([block async for block in EventStream(hub, TOPICS, None).messages()])

        task = asyncio.create_task(drain())
        await asyncio.sleep(0.05)
        hub.close()
        return await asyncio.wait_for(task, 2)

    assert asyncio.run(run()) == 2


def test_the_ring_never_grows() -> None:
    hub = Hub(ring_messages=10, first_id=1)

    for _ in range(1000):
        hub.publish({"a"}, "m", {})

    messages, newest = hub.since(990, TOPICS) or ([], 0)
    assert (len(messages), newest) == (10, 1000)
