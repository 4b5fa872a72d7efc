"""List cells of text tables: JSON, Python literals and printed arrays, parsed without evaluating anything."""

import ast
import math
import re
from typing import Any

from studio.errors import in_quotes
from studio.json_text import DepthError, parse_json

MAX_CELL_CHARACTERS = 1 << 20
STRINGS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
"""Texts as Python prints them."""
_PLAIN = re.compile(r"[\[(][\s\w,.+-]*[\])]")
_ARRAY = re.compile(r"(?:np\.|numpy\.)?array\((\[.*\])(?:,\s*dtype=[\w<>|='\"]+)?\)", re.DOTALL)
_PRINTED = re.compile(r"[\[(]\s*[-+0-9.eE]+(\s+[-+0-9.eE]+)*\s*[\])]")


class CellError(ValueError):
    """A cell that is not a list of plain values; the text says why."""


def looks_like_list(text: str) -> bool:
    """Whether a cell starts and ends like a list, a tuple or an array."""
    stripped = text.strip()
    if stripped.endswith(")") and _ARRAY.fullmatch(stripped):
        return True
    return len(stripped) >= 2 and (stripped[0], stripped[-1]) in (("[", "]"), ("(", ")"))


def parse_list(text: str) -> list[Any]:
    """The values of a list cell: numbers or words.

    Raises:
        CellError: if it is no list of plain, finite values.
    """
    stripped = text.strip()
    if len(stripped) > MAX_CELL_CHARACTERS:
        raise CellError(f"the cell has {len(stripped):,} characters")
    if not looks_like_list(stripped):
        raise CellError(f"{in_quotes(stripped[:40])} is not a list")
    array = _ARRAY.fullmatch(stripped)
    values = _parsed(array[1] if array else stripped)
    if not isinstance(values, list | tuple):
        raise CellError(f"{in_quotes(stripped[:40])} is not a list")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise CellError(f"{value!r:.40} is not a number or a word")
        if isinstance(value, float) and not math.isfinite(value):
            raise CellError(f"{in_quotes(value)} is not a finite number")
    return list(values)


def _parsed(text: str) -> Any:
    try:
        return parse_json(text, max_depth=1, parse_constant=_refuse_constant)
    except CellError:
        raise
    except DepthError:
        raise CellError(f"{in_quotes(text[:40])} contains nested lists") from None
    except ValueError:  # also a whole number of thousands of digits
        pass
    if _PRINTED.fullmatch(text):
        try:
            return [float(one) if "." in one or "e" in one.lower() else int(one) for one in text[1:-1].split()]
        except ValueError:
            raise CellError(f"{in_quotes(text[:40])} is not a list of numbers") from None
    try:
        if _PLAIN.fullmatch(STRINGS.sub("", text)) is None:  # Python's own reader ends the process on deep texts
            raise ValueError(text[:40])
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise CellError(f"{text[:40]!r} is not a list of plain values") from None


def _refuse_constant(name: str) -> float:
    raise CellError(f"{name} is not a finite number")
