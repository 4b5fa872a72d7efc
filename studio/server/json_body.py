"""The body of a JSON request: read whole, in time and within limits, and judged before any route sees it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Receive

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
BODY_SECONDS = 20.0


@dataclass(frozen=True)
class Refusal:
    """Why a request is not passed on."""

    status: int
    code: str
    message: str


async def read_body(receive: Receive) -> bytes | Refusal | None:
    """The bytes of a body; None if the sender has gone."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > MAX_BYTES:
                    return Refusal(413, "too_large", f"A body has at most {MAX_BYTES:,} bytes here.")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return Refusal(408, "too_slow", f"A body must be here within {BODY_SECONDS:.0f} seconds.")


def judge(body: bytes) -> Refusal | None:
    """Why a body is no JSON that any route takes.

    Python's own reader guesses other encodings, lets half letters (lone surrogates) pass, which can neither be stored
    nor sent, knows NaN, and stops at depth with a crash. What is UTF-8 and JSON here is read as the same by a route.
    """
    if not body:
        return None
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        return Refusal(422, "json", f"The body is not UTF-8 (byte {error.start}).")
    except UnicodeEncodeError:
        return Refusal(422, "json", "The body holds half a letter (a lone surrogate), which is no text.")
    except RecursionError:
        return Refusal(422, "json", f"The JSON is nested more than {MAX_DEPTH} deep.")
    except ValueError as error:
        return Refusal(422, "json", f"The body is not JSON: {str(error)[:200]}.")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deep(value):
        return Refusal(422, "json", f"The JSON is nested more than {MAX_DEPTH} deep.")
    return None


def replay(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read to the app, then whatever comes next."""
    is_given = False

    async def replayed() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _is_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        below = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [inner for one in below for inner in one]
    return False


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large for a number")
    return value
