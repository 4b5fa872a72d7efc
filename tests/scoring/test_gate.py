"""The server of a scoring pipeline: who is let in, and what becomes of bodies that are no samples (B74)."""

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from typing import Any

import pytest

from studio.asgi import Receive, Send
from studio.scoring.gate import MAX_AT_ONCE, Gate, Rules, known_hosts

OPEN = Rules(None, 1 << 20)
CLOSED = Rules("s3cret-ü", 1 << 20, known_hosts(["Scoring.Example", "[2001:db8::1]"]))


async def echo(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Tells the length of a body."""
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(message["body"])).encode()})


class Sender:
    """Sends a body in parts, and notices whether anybody read it."""

    def __init__(self, *parts: bytes, stalls: bool = False) -> None:
        self.parts = list(parts) or [b""]
        self.read = 0
        self._stalls = stalls

    async def __call__(self) -> MutableMapping[str, Any]:
        if not self.parts:
            if self._stalls:
                await asyncio.sleep(60)
            return {"type": "http.disconnect"}
        self.read += 1
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts) or self._stalls}


def asked(
    rules: Rules, headers: Mapping[str, str | bytes], sender: Sender | None = None, path: str = "/predict"
) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of the answer."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    raw = [(k.lower().encode(), v if isinstance(v, bytes) else v.encode("latin-1")) for k, v in headers.items()]
    scope = {"type": "http", "path": path, "method": "POST", "headers": raw}
    asyncio.run(Gate(echo, rules)(scope, sender or Sender(b"{}"), send))
    names = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], sent[1]["body"].decode(), names


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.8.9.1", "[::1]:8000", "scoring.example:80",
             "[2001:db8::1]:8000"],
)  # fmt: skip
def test_names_of_this_machine_and_those_configured_are_served(host: str) -> None:
    token = {"Authorization": "Bearer s3cret-ü".encode()}

    assert asked(CLOSED, {"Host": host, **token})[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "localhost@evil.test", "evil.test:localhost",
             "", "localhost/", "local host", "scoring.example.", "\u217cocalhost", "0.0.0.0", "localhost:99999999",
             "[::1"],
)  # fmt: skip
def test_other_hosts_are_refused_before_the_token_is_looked_at(host: str) -> None:
    status, told, _ = asked(CLOSED, {"Host": host.encode(), "Authorization": "Bearer wrong"})

    assert status == 403
    assert "--allow-host" in told


def test_a_request_without_a_host_is_refused_and_a_star_lets_every_name_in() -> None:
    assert asked(OPEN, {})[0] == 403
    assert asked(Rules(None, 9, known_hosts(["*"])), {"Host": "any.example"})[0] == 200


@pytest.mark.parametrize("extra", [{"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                                   {"Origin": "http://localhost:9999"}])  # fmt: skip
def test_pages_of_other_sites_are_refused(extra: dict[str, str]) -> None:
    assert asked(OPEN, {"Host": "localhost:8000", **extra})[0] == 403
    assert asked(OPEN, {"Host": "localhost:8000", "Origin": "http://localhost:8000"})[0] == 200


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", "Basic s3cret-ü", "Bearer s3cret-ü x", "s3cret-ü"]
)
def test_without_the_token_nothing_is_read(given: str | None) -> None:
    sender = Sender(b"x" * 10)
    headers = {"Host": "localhost"} | ({} if given is None else {"Authorization": given.encode()})

    status, _, names = asked(CLOSED, headers, sender)

    assert (status, sender.read, names["www-authenticate"]) == (401, 0, "Bearer")
    assert asked(CLOSED, {"Host": "localhost"}, path="/health")[0] == 200


def test_a_token_given_twice_is_none() -> None:
    once = {"Host": "localhost", "Authorization": "Bearer x"}

    assert asked(Rules("x", 9), once)[0] == 200
    assert asked(Rules("x", 9), {**once, "AUTHORIZATION": "Bearer x"})[0] == 401


@pytest.mark.parametrize("length", ["1048577", "99999999999999999999999", "-1", "1e3", ""])
def test_a_body_that_says_it_is_too_large_is_not_read(length: str) -> None:
    sender = Sender(b"x")

    assert asked(OPEN, {"Host": "localhost", "Content-Length": length}, sender)[0] == 413
    assert sender.read == 0


def test_a_body_that_says_nothing_is_read_up_to_the_limit() -> None:
    sender = Sender(*[b"x" * (1 << 18)] * 40)

    status, told, names = asked(OPEN, {"Host": "localhost"}, sender)

    assert (status, sender.read, names["connection"]) == (413, 5, "close")
    assert "1 MiB" in told
    assert asked(OPEN, {"Host": "localhost"}, Sender(*[b"x" * (1 << 18)] * 4))[1] == str(1 << 20)


def test_a_body_that_never_ends_is_let_go() -> None:
    hurried = Rules(None, 1 << 20, body_seconds=0.05)

    assert asked(hurried, {"Host": "localhost"}, Sender(b"x", stalls=True))[0] == 408


def test_so_many_bodies_are_held_and_one_more_is_told_to_come_back() -> None:
    async def hold() -> list[int]:
        statuses: list[int] = []
        release = asyncio.Event()

        async def waiting(scope: Any, receive: Any, send: Send) -> None:
            await release.wait()
            await echo(scope, receive, send)

        async def one() -> None:
            async def send(message: MutableMapping[str, Any]) -> None:
                if "status" in message:
                    statuses.append(message["status"])

            scope = {"type": "http", "path": "/predict", "method": "POST", "headers": [(b"host", b"localhost")]}
            await inner(scope, Sender(b"x"), send)

        inner = Gate(waiting, OPEN)
        tasks = [asyncio.create_task(one()) for _ in range(MAX_AT_ONCE + 2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*tasks)
        return sorted(statuses)

    assert asyncio.run(hold()) == [200] * MAX_AT_ONCE + [503] * 2


def test_sockets_of_pages_are_closed_and_headers_are_set() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Gate(echo, OPEN)({"type": "websocket", "path": "/", "headers": []}, Sender(), send))

    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert asked(OPEN, {"Host": "localhost"})[2]["x-content-type-options"] == "nosniff"
    assert json.loads(asked(OPEN, {"Host": "x"})[1])["detail"]
