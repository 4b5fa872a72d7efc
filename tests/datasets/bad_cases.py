"""One table of bad inputs: every case is a real upload that is scanned and, if the scan lets it, imported.

A case either is refused (no dataset), or is found (a dataset and a finding that says what), or is handled (a dataset
that holds the right thing).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from studio.datasets.dataset import Dataset
from studio.datasets.labels.label_part import LabelPart
from studio.importing.scan_result import ScanProblem
from studio.settings.finding import Finding, FindingLevel, FindingsError
from tests.datasets.bad_uploads import Make

ROW_COUNTS = re.compile(r"([0-9][0-9,]*)(?: rows?| of them)? (imported|kept|repaired|dropped)")


@dataclass(frozen=True)
class Case:
    """One bad upload and what is to become of it."""

    row: str
    what: str
    make: Make
    outcome: Literal["refused", "found", "handled"]
    code: str = ""
    rows: tuple[int, ...] = ()
    words: str = ""
    """Part of the message or of the finding's path."""
    met: str = ""
    """Part of what is found."""
    right: str = ""
    """Part of what is expected."""
    holds: Callable[[Dataset], bool] = field(default=lambda data: True)
    choices: dict[str, Any] | None = None


def refused(row: str, what: str, make: Make, code: str, words: str = "", **more: Any) -> Case:
    return Case(row, what, make, "refused", code, words=words, **more)


def found(row: str, what: str, make: Make, code: str, rows: tuple[int, ...] = (), **more: Any) -> Case:
    return Case(row, what, make, "found", code, rows, **more)


def handled(row: str, what: str, make: Make, holds: Callable[[Dataset], bool], **more: Any) -> Case:
    return Case(row, what, make, "handled", holds=holds, **more)


def row_count(count: int) -> Callable[[Dataset], bool]:
    return lambda data: sum(table.rows for table in data.manifest.tables) == count


def classes(*names: str) -> Callable[[Dataset], bool]:
    return lambda data: set(data.profile().part(LabelPart).names) == set(names)


def check_case(case: Case, tmp_path: Path, scan_files: Any, import_files: Any) -> None:
    """Import the upload of a case and hold what becomes of it against what is to become."""
    source = case.make(tmp_path / "made")

    data, findings, error = outcome(scan_files, import_files, source, case.choices)

    for finding in findings:
        assert_complete(finding)
    if case.outcome == "refused":
        assert data is None, findings
        said = {one.code: f"{one.message} {one.fix} {one.path}" for one in findings if one.blocks}
        said |= {code: f"{problem.message} {problem.hint}" for code, problem in error.items()}
        assert case.code in said, said
        assert case.words in " ".join(said.values()), said
        assert_says(case, next(one for one in (*findings, *error.values()) if one.code == case.code))
        assert not case.rows or next(one.rows for one in findings if one.code == case.code) == case.rows
        return
    assert data is not None, (error, findings)
    assert case.holds(data), findings
    if case.outcome == "found":
        ours = [one for one in findings if one.code == case.code]
        assert ours, [one.code for one in findings]
        assert case.words in ours[0].path + ours[0].message
        assert_says(case, ours[0])
        assert not case.rows or ours[0].rows == case.rows
        assert ours[0].message.endswith(".")


def assert_says(case: Case, problem: Finding | ScanProblem) -> None:
    """What the case names as found and expected."""
    assert case.met in problem.found, problem
    assert case.right in problem.expected, problem


ONE_OF_MANY = re.compile(
    r"(?<![\d,.])1 (rows|images|volumes|recordings|texts|cells|classes|labels|files|names|folders|boxes|masks|pictures|"
    r"values|numbers|columns|lines|tables|sentences|questions|targets|groups|words|tags|characters)\b"
)
"""One thing with a plural noun."""


def assert_complete(finding: Finding) -> None:
    """What and where, with counts that add up; and, unless it is a note, what was met, what is right, what to do."""
    assert finding.message.endswith("."), finding
    assert not any(map(ONE_OF_MANY.search, (finding.message, finding.found, finding.expected))), finding
    assert finding.path, finding
    assert finding.count >= len(finding.rows), finding
    assert len(finding.rows) <= 20, finding
    assert len(finding.examples) <= 20, finding
    if finding.code == "rows":
        told = {words: int(count.replace(",", "")) for count, words in ROW_COUNTS.findall(finding.message)}
        imported, kept, repaired, dropped = (
            told.get(words, 0) for words in ("imported", "kept", "repaired", "dropped")
        )
        assert imported == kept + dropped, finding
        assert repaired <= kept, finding
    if finding.level is FindingLevel.NOTE:
        return
    assert finding.fix, finding
    assert_says_what(finding.message, finding.found, finding.expected)


def assert_says_what(message: str, found: str, expected: str) -> None:
    """What was met and what would be right, both short and neither the message once more."""
    assert found, message
    assert expected, message
    assert len(found) <= 120, found
    assert found.casefold() not in ("none", "nan"), message
    assert found.rstrip(".") != message.rstrip("."), message
    assert expected not in (found, message), message


def outcome(
    scan_files: Any, import_files: Any, source: Path, choices: dict[str, Any] | None
) -> tuple[Dataset | None, list[Finding], dict[str, ScanProblem]]:
    """The dataset if there is one, every finding, and the error by its code if there is one."""
    scan = scan_files(source, choices)
    if scan.state == "failed":
        return None, scan.findings, {scan.error.code: scan.error}
    try:
        data = import_files(source, choices)
    except FindingsError as error:
        return None, [*scan.findings, *error.findings], {}
    return data, [*data.findings(), *scan.findings], {}
