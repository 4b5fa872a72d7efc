"""Output: one JSON document for programs on standard output; findings and messages for people on standard error."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def people() -> Console:
    """Where messages for people go."""
    return Console(stderr=True, highlight=False)


def answer_json(value: Any) -> None:
    """The one JSON document of a command."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.flush()


def answer_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows for people, as the command's answer."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(highlight=False).print(table)


def tell(message: str, hint: str = "") -> None:
    """A sentence for people."""
    console = people()
    console.print(message, markup=False, soft_wrap=True)
    if hint:
        console.print(f"  {hint}", style="dim", markup=False, soft_wrap=True)


def tell_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Findings for people, each with its place and what to do."""
    console = people()
    for finding in findings:
        level = str(finding.get("level", "error"))
        line = finding.get("line")
        place = f"{finding['path']}{f' (line {line})' if line else ''}"
        console.print(f"{level:8}", style=STYLES.get(level), end="", markup=False)
        console.print(f"{place}: {finding['message']}", markup=False, soft_wrap=True)
        if finding.get("fix"):
            console.print(f"        {finding['fix']}", style="dim", markup=False, soft_wrap=True)


def has_errors(findings: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a finding stands in the way."""
    return any(finding.get("level") == "error" for finding in findings)
