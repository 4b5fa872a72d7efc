"""Values in messages: plain quotes, with nothing in them that could break a line or hide."""

import pytest

from studio.errors import in_quotes


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("label", "'label'"),
        ("it's", "'it's'"),
        ("C:\\data", "'C:\\data'"),
        ("two\nlines\x00", "'two\\nlines\\x00'"),
        ("right\u202eleft", "'right\\u202eleft'"),
        ("Größe", "'Größe'"),
        (3, "3"),
        (None, "None"),
    ],
)
def test_a_value_is_quoted_as_a_person_would_with_invisible_signs_written_out(value: object, shown: str) -> None:
    assert in_quotes(value) == shown
