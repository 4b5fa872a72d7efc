"""The body of a JSON request: read whole, in time and within limits, and judged before any route sees it."""

import json
from dataclasses import dataclass

from studio.asgi import Receive, Unread, read_body
from studio.json_text import MAX_DEPTH, DepthError, require_depth

MAX_BYTES = 1 << 20
BODY_SECONDS = 20.0


@dataclass(frozen=True)
class Refusal:
    """Why a request is not passed on."""

    status: int
    code: str
    message: str


async def read_json_body(receive: Receive) -> bytes | Refusal | None:
    """The bytes of a body that a route takes, or why not; None if the sender has gone."""
    body = await read_body(receive, limit=MAX_BYTES, seconds=BODY_SECONDS)
    match body:
        case Unread.TOO_LARGE:
            return Refusal(413, "too_large", f"A body has at most {MAX_BYTES:,} bytes here.")
        case Unread.TOO_SLOW:
            return Refusal(408, "too_slow", f"A body must be here within {BODY_SECONDS:.0f} seconds.")
        case Unread.SENDER_GONE:
            return None
    return judge(body) or body


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
        if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
            require_depth(value, MAX_DEPTH)
    except UnicodeDecodeError as error:
        return Refusal(422, "json", f"The body is not UTF-8 (byte {error.start}).")
    except UnicodeEncodeError:
        return Refusal(422, "json", "The body holds an unpaired surrogate, which is not valid text.")
    except (RecursionError, DepthError):
        return Refusal(422, "json", f"The JSON is nested more than {MAX_DEPTH} deep.")
    except ValueError as error:
        return Refusal(422, "json", f"The body is not JSON: {str(error)[:200]}.")
    return None


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large for a number")
    return value
