"""What a setting says of itself is written once, however many sections have it."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import studio

ROOT = Path(studio.__file__).parent


def helps(path: Path) -> Iterator[tuple[str, int]]:
    """The help texts that a file writes out, with their lines."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Setting":
            yield from (
                (ast.unparse(word.value), node.lineno)
                for word in node.keywords
                if word.arg == "help" and isinstance(word.value, ast.Constant | ast.JoinedStr)
            )


def test_no_help_of_a_setting_stands_twice() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for room in ("settings", "problems"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for text, line in helps(path):
                found[text].append(f"{path.relative_to(ROOT)}:{line}")

    assert len(found) > 80
    assert {text: places for text, places in found.items() if len(places) > 1} == {}
