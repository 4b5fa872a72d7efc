"""Every refusal and finding of the code that reads data says what was found and what is expected."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import studio
from studio.datasets.uploads.rejections import refusal_finding
from studio.errors import DatasetError, NotFoundError
from studio.settings.finding import Finding, FindingsError

FOLDER = Path(studio.__file__).parent
REFUSALS = ("DatasetError", "ArchiveError", "ImageError", "MediaError", "Finding")
MODULES = sorted(
    path.relative_to(FOLDER).as_posix()
    for part in ("datasets", "problems")
    for path in (FOLDER / part).rglob("*.py")
    if not path.stem.endswith("settings")
)


def silent(source: str) -> Iterator[str]:
    """Lines that make a refusal without saying what was found and expected; notes need not."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in REFUSALS:
            continue
        given = {one.arg: ast.unparse(one.value) for one in node.keywords}
        if given.get("level") != "FindingLevel.NOTE" and not {"found", "expected"} <= given.keys():
            yield f"line {node.lineno}: {node.func.id}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_refused_without_what_was_found_and_expected(module: str) -> None:
    assert not [*silent((FOLDER / module).read_text())]


def test_a_silent_refusal_is_seen() -> None:
    assert [*silent('raise DatasetError("no", hint="x", found="y")')] == ["line 1: DatasetError"]


def test_a_failed_scan_says_what_was_found_and_expected(scan_files: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"")

    scan = scan_files(tmp_path / "rows.csv")

    assert scan.error is not None
    assert scan.error.found == "0 bytes"
    assert "a table" in scan.error.expected


def test_a_scan_that_fails_by_findings_says_what_the_first_one_does(scan_files: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n")

    scan = scan_files(tmp_path / "rows.csv")

    assert scan.error is not None
    assert (scan.error.found, scan.error.expected) == (scan.findings[0].found, scan.findings[0].expected)
    assert scan.error.found == "a header of 2 columns"


def test_a_refusal_of_several_findings_becomes_one_that_speaks_of_the_first() -> None:
    first = Finding(code="a", path="p", message="m.", found="1 row", expected="2 rows", fix="f")

    finding = refusal_finding(FindingsError([first, first.model_copy(update={"found": "x"})]), "train.csv")

    assert (finding.found, finding.expected) == ("1 row", "2 rows")


def test_an_error_says_nothing_unless_told() -> None:
    error = DatasetError("m")

    assert (error.found, error.expected) == ("", "")


def test_a_name_that_nothing_has_is_found_and_the_known_ones_are_expected() -> None:
    error = NotFoundError.among("data format", "cocoa", ["coco", "yolo"])

    assert (error.found, error.expected) == ("cocoa", "one of coco, yolo")
