"""Values as findings show them: short, on one line, quoted, listed, or counted with their noun."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from studio.errors import in_quotes
from studio.on_demand import np

LONGEST = 80
"""Characters of what a finding says was found."""
EXCERPT = 60
_QUOTED = 40


def excerpt(text: str, longest: int = EXCERPT) -> str:
    """The beginning of a text, on one line."""
    plain = " ".join(text[: 4 * longest].split())
    is_whole = len(plain) <= longest and len(text) <= 4 * longest
    return plain if is_whole else f"{plain[: longest - 3]}..."


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text as it is, cut if it is too long."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def quoted(value: Any) -> str:
    """A value as it would be typed: text in quotes, its invisible signs written out."""
    if value is None or (isinstance(value, float | np.floating) and value != value):
        return "an empty cell"
    if isinstance(value, float | np.floating):
        return f"{value:g}"
    if isinstance(value, str):
        return in_quotes(value) if len(value) <= _QUOTED else f"{in_quotes(value[:_QUOTED])}..."
    return excerpt(str(value))


def listed(values: Iterable[Any], most: int = 3) -> str:
    """The first different values, quoted; nothing if there are none."""
    shown: list[str] = []
    for value in values:
        word = quoted(value)
        if word in shown:
            continue
        if len(shown) == most:
            return shortened(f"{', '.join(shown)}, ...")
        shown.append(word)
    return shortened(", ".join(shown))


def gigabytes(size_bytes: float, digits: int = 1) -> str:
    """A size with its unit, such as `23.5 GB`, where 1 GB is 1,024 MB as on the page."""
    return f"{size_bytes / (1 << 30):.{digits}f} GB"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, such as `1 row` and `2,000 rows`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
