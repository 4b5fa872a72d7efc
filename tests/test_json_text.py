import json
import math
import sys

import pytest

from studio.json_text import MAX_DEPTH, DepthError, parse_json, require_depth


def lists(depth: int) -> str:
    return "[" * depth + "]" * depth


DEEP = ("[" * 400_000, '{"a":' * 400_000, lists(MAX_DEPTH + 1), '{"a":' * 65 + "1" + "}" * 65)


@pytest.mark.parametrize("deep", DEEP, ids=["lists", "objects", "one list more", "one object more"])
def test_what_is_nested_deeper_than_stated_is_refused(deep: str) -> None:
    with pytest.raises(DepthError, match=f"more than {MAX_DEPTH} deep"):
        parse_json(deep)


def test_the_stated_depth_itself_is_read() -> None:
    assert json.dumps(parse_json(lists(MAX_DEPTH))) == lists(MAX_DEPTH)
    assert parse_json("1", max_depth=0) == 1
    assert parse_json('{"a": [1, 2]}', max_depth=2) == {"a": [1, 2]}


def test_a_value_is_measured_without_recursion() -> None:
    value: object = 0
    for _ in range(sys.getrecursionlimit() * 3):
        value = {"a": (value,)}

    with pytest.raises(DepthError):
        require_depth(value, MAX_DEPTH)


def test_other_arguments_reach_the_reader() -> None:
    assert math.isnan(parse_json("[NaN]", parse_constant=lambda _: float("nan"))[0])
    assert parse_json('{"a": 1}', object_hook=len) == 1
