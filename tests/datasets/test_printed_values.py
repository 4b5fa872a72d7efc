"""Values that programs print into cells are read back as they were, and nothing else is read."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.datasets.tables.list_parsing import looks_like_list, parse_list
from studio.datasets.tables.printed_values import lists_of_objects, parse_printed

SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=4))
@settings(max_examples=60)
def test_a_printed_object_is_the_object(value: dict[str, Any]) -> None:
    assert parse_printed(repr(value)) == value
    assert parse_printed(json.dumps(value)) == value


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=9))
@settings(max_examples=30)
def test_a_printed_array_is_its_list(values: list[int]) -> None:
    cell = repr(np.array(values, dtype=np.int32))

    assert looks_like_list(cell)
    assert parse_list(cell) == values
    assert parse_printed(f"{{'a': {cell}}}") == {"a": values}


@pytest.mark.parametrize(
    "cell",
    [
        "{'a': __import__('os').system('true')}",
        "{'a': open('x')}",
        "{'a': array([1, ..., 3])}",
        "{'a': not not 1}",
        "{**{}}",
        "{'a': - - 1}",
        "{'a': [" + "[" * 30_000 + "]" * 30_000 + "]}",
        "{'a': " + "-" * 30_000 + "1}",
        "{'a': (lambda: 1)()}",
        "{'a', 'b'}",
        "{'a': 'open",
    ],
)
def test_what_is_no_plain_value_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=r"plain|nested"):
        parse_printed(cell)


def test_lists_of_words_are_no_lists_of_objects() -> None:
    assert lists_of_objects(["['a']", "[{'b': 1}]"]) is None
