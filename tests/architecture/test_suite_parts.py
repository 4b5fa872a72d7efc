"""Parts of the suite that look for their tests in some folders only: none is left out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = {"TRUST": ("trust",), "JOURNEYS": ("heavy",)}
ELSEWHERE = ("tests/browser",)
"""Run as a part of its own, by its folder."""


@pytest.mark.parametrize("part", PARTS)
def test_every_test_of_a_part_lies_in_its_folders(part: str) -> None:
    [line] = re.findall(rf"^{part} = (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    folders = (*line.split(), *ELSEWHERE)
    marked = re.compile(rf"pytest\.mark\.({'|'.join(PARTS[part])})\b")

    files = [
        path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py") if marked.search(path.read_text())
    ]

    assert len(files) > 5
    assert [file for file in files if not file.startswith(tuple(f"{folder}/" for folder in folders))] == []
