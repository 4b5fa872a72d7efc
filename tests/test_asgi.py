"""Headers and bodies of requests, read by the same rules in the server and in the server of a scoring pipeline."""

import ast
import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

import studio
from studio import asgi
from studio.asgi import Unread, bearer_token, headers_of, is_length_within, read_body, replay

ROOT = Path(studio.__file__).parent
DOORS = ("server/guard.py", "server/json_body.py", "scoring/gate.py")


class Sender:
    """Sends the parts of a body, then leaves or goes silent."""

    def __init__(self, *parts: bytes, then: str = "ends") -> None:
        self.parts = list(parts)
        self._then = then

    async def __call__(self) -> MutableMapping[str, Any]:
        if not self.parts:
            if self._then == "stalls":
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts) or self._then != "ends"}


def read(sender: Sender, limit: int = 6) -> bytes | Unread:
    return asyncio.run(read_body(sender, limit=limit, seconds=0.05))


def test_a_body_is_read_whole_up_to_its_limit() -> None:
    assert read(Sender(b"abc", b"def")) == b"abcdef"
    assert read(Sender(b"")) == b""
    assert read(Sender(b"abc", then="leaves")) is Unread.SENDER_GONE
    assert read(Sender(b"abc", then="stalls")) is Unread.TOO_SLOW
    rest = Sender(b"abcd", b"efg", b"never read")
    assert read(rest) is Unread.TOO_LARGE
    assert rest.parts == [b"never read"]


def test_a_body_is_given_once_and_then_what_comes_next() -> None:
    async def given() -> list[str]:
        receive = replay(b"abc", Sender())
        return [str((await receive())["type"]) for _ in range(2)]

    assert asyncio.run(given()) == ["http.request", "http.disconnect"]


def test_header_names_have_no_case_and_every_value_counts() -> None:
    assert headers_of({"headers": [(b"Host", b"a"), (b"host", b"b")]}) == {b"host": [b"a", b"b"]}


@pytest.mark.parametrize(
    ("values", "token"),
    [
        ([b"Bearer abc"], b"abc"),
        ([b"bearer  abc "], b"abc"),
        ([b"Basic abc"], None),
        ([b"abc"], None),
        ([], None),
        ([b"Bearer abc", b"Bearer abc"], None),
    ],
)
def test_a_bearer_token_stands_in_the_one_authorization_header(values: list[bytes], token: bytes | None) -> None:
    assert bearer_token({b"authorization": values}) == token


@pytest.mark.parametrize(
    ("lengths", "is_within"),
    [
        ([], True),
        ([b"6"], True),
        ([b"7"], False),
        ([b"6", b"7"], False),
        ([b"-1"], False),
        ([b"+6"], False),
        ([b""], False),
        ([b"0" * 17 + b"6"], True),
        ([b"0" * 18 + b"6"], False),
    ],
)
def test_a_length_is_digits_up_to_the_limit(lengths: list[bytes], is_within: bool) -> None:
    assert is_length_within({b"content-length": lengths}, 6) is is_within


@pytest.mark.parametrize("door", DOORS)
def test_no_door_has_rules_of_its_own_for_headers_and_bodies(door: str) -> None:
    tree = ast.parse((ROOT / door).read_text())
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    bytes_there = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}

    assert not defined & {name.lstrip("_") for name in vars(asgi)}
    assert "http.disconnect" not in bytes_there
    assert not bytes_there & {b"bearer", b"nosniff", asgi.NOTHING_LOADED[1], asgi.NOT_STORED[1]}
