"""Whether the first row of a table holds the names of its columns, or is a row like all others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from studio.datasets.formatting import excerpt, listed
from studio.datasets.media.registry import media_endings
from studio.datasets.texts.word_counts import word_count
from studio.settings.finding import Finding, FindingLevel

_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)?$")
SENTENCE_WORDS = 4
"""Words of a name at least that is as likely a sentence, where the column holds sentences."""
SAMPLE_ROWS = 1000


def with_header(
    header: list[str], rows: list[list[str]], name: str, findings: list[Finding]
) -> tuple[list[str], list[list[str]]]:
    """The names of columns and the rows; where the first row is none of names, it is a row, and that is said.

    It is one where it repeats a value of its column and all else in it looks like data. Where only something does,
    that is said, too.
    """
    sample = rows[:SAMPLE_ROWS]
    columns = [[row[place] for row in sample] for place in range(len(header))]
    repeated = [cell for cell, cells in zip(header, columns, strict=True) if _repeats(cell, cells)]
    like_data = [
        cell for cell, cells in zip(header, columns, strict=True) if _repeats(cell, cells) or _is_value(cell, cells)
    ]
    if not like_data or header in sample:
        return header, rows
    is_row = bool(repeated) and len(like_data) == len(header)
    names = [f"column_{place + 1}" for place in range(len(header))] if is_row else header
    findings.append(_told(name, like_data, names if is_row else ()))
    return names, [header, *rows] if is_row else rows


def _repeats(cell: str, cells: Sequence[str]) -> bool:
    """Whether a word stands in its column again; numbers may be the places of columns."""
    return bool(cell.strip()) and not _NUMBER.match(cell.strip()) and cell in cells


def _is_value(cell: str, cells: Sequence[str]) -> bool:
    """Whether it is a number, the name of a file, or a sentence above sentences."""
    plain = cell.strip()
    if _NUMBER.match(plain) or plain.lower().endswith(media_endings()):
        return True
    if word_count(plain) < SENTENCE_WORDS:
        return False
    present = [word_count(one) for one in cells if one.strip()]
    return bool(present) and sum(present) >= SENTENCE_WORDS * len(present)


def _told(name: str, like_data: Sequence[str], names: Sequence[str]) -> Finding:
    shown = listed(excerpt(cell) for cell in like_data)
    ending = (
        f"is read as a row; the columns are called {', '.join(names[:3])}" if names else "is read as names of columns"
    )
    return Finding(
        level=FindingLevel.WARNING,
        code="header_like_data",
        path=name,
        message=f"The first row looks like data ({shown}) and {ending}.",
        found=shown,
        expected="names of columns",
        fix="Add a first row with names.",
    )
