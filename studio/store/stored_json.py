"""stored_json: reading JSON columns so that one damaged value hurts the row it is in, and no list of rows."""

import json
import logging
from typing import Any

from studio.json_text import parse_json

logger = logging.getLogger(__name__)
MAX_DEPTH = 200
"""More than any request may bring, since rows set it into values of their own."""


def read_stored(text: str) -> Any:
    """The value of a column; None where the text is no JSON any more. Half letters, which nothing can send, become `?`.

    `None` is what no writer puts into a column that must hold a value, so the row's reader sees the damage.
    """
    try:
        value = parse_json(text, max_depth=MAX_DEPTH)
        if "\\ud" in text or "\\uD" in text:
            value = parse_json(json.dumps(value, ensure_ascii=False).encode(errors="replace"), max_depth=MAX_DEPTH)
    except ValueError as error:
        logger.warning("A JSON value in the database cannot be read (%s): %.80r", type(error).__name__, text)
        return None
    return value
