"""Output: one JSON document for programs on standard output; findings and messages for people on standard error."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from studio.escape_control import escape_controls

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_UNSEEN = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""C1 controls, directions, separators of lines, and halves of letters."""


def people() -> Console:
    """Where messages for people go."""
    return Console(stderr=True, highlight=False)


def answer_json(value: Any) -> None:
    """The one JSON document of a command."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    # JSON leaves some control characters as they are, which steer a terminal; an escape means the same.
    text = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answer_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows for people, as the command's answer."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(shown("" if cell is None else str(cell)) for cell in row))
    Console(highlight=False).print(table)


def shown(text: str) -> Text:
    """Text of anybody for a terminal: neither markup nor control characters act."""
    return Text(escape_controls(text, keep="\n\t"))


def working(what: str) -> Status:
    """What a command waits for, while it waits."""
    return people().status(shown(what))


def tell(message: str, hint: str = "") -> None:
    """A sentence for people."""
    console = people()
    console.print(shown(message), soft_wrap=True)
    if hint:
        console.print(shown(f"  {hint}"), style="dim", soft_wrap=True)


def tell_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Findings for people, each with its place and what to do."""
    console = people()
    for finding in findings:
        level = str(finding.get("level", "error"))
        line = finding.get("line")
        place = str(finding["path"])
        if line and place != f"line {line}":
            place += f" (line {line})"
        console.print(shown(f"{level:8}"), style=STYLES.get(level), end="")
        console.print(shown(f"{place}: {finding['message']}"), soft_wrap=True)
        if finding.get("fix"):
            console.print(shown(f"        {finding['fix']}"), style="dim", soft_wrap=True)


def has_errors(findings: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a finding stands in the way."""
    return any(finding.get("level") == "error" for finding in findings)
