"""spreadsheet: what a cell of a CSV file holds, so that no program that opens it runs text as a formula.

The rules are those of OWASP's page on CSV injection, with what spreadsheets do beyond it: they skip blanks, and read
full-width signs as the plain ones. The page writes its CSV files by the same rules: `frontend/src/live/csv.ts`.
"""

import re

_FORMULA = re.compile(r"[\s\ufeff\u200b\x00]*[=+\-@＝＋－﹣−＠]|[\t\r\n]")  # noqa: RUF001 - full-width signs are the point
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")


def guarded(text: str) -> str:
    """The text as a cell: behind an apostrophe if it could act as a formula; plain numbers such as `-1` stay."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
