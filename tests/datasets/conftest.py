"""The road from files to a dataset, as functions: scan, choose, inspect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.datasets.dataset import Dataset
from studio.files import write_json
from studio.importing.inspection_order import order_inspection, run_inspection
from studio.importing.scan import scan
from studio.importing.scan_result import Scan
from tests.datasets.bad_cases import assert_complete, assert_says_what

ScanFiles = Callable[..., Scan]
ImportFiles = Callable[..., Dataset]


class Quiet:
    """A report that goes nowhere."""

    def progress(self, fraction: float, detail: str = "") -> None:
        pass

    def log(self, level: str, text: str) -> None:
        pass


@pytest.fixture
def scan_files(tmp_path: Path) -> ScanFiles:
    """Scans a source into an import folder of its own; whatever it finds must be said in full."""

    def scanned(source: Path, choices: dict[str, Any] | None = None, name: str = "one") -> Scan:
        folder = tmp_path / "imports" / name
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "request.json", {"source": str(source), "source_name": source.name, "choices": choices})
        result = scan(folder)
        write_json(folder / "scan.json", result.model_dump(mode="json"))
        for finding in result.findings:
            assert_complete(finding)
        if result.error is not None:
            assert_says_what(result.error.message, result.error.found, result.error.expected)
        return result

    return scanned


@pytest.fixture
def import_files(tmp_path: Path, scan_files: ScanFiles) -> ImportFiles:
    """Scans a source and makes the dataset of what the scan chose."""

    def imported(source: Path, choices: dict[str, Any] | None = None, name: str = "one") -> Dataset:
        result = scan_files(source, choices, name)
        assert result.state == "ready", result.error
        target = tmp_path / "datasets" / name
        target.parent.mkdir(exist_ok=True)
        spec = order_inspection(tmp_path / "imports" / name, tmp_path / "runs" / name, target, name, result.choices)
        data = run_inspection(spec, tmp_path / "runs" / name, Quiet())
        for finding in data.findings():
            assert_complete(finding)
        return data

    return imported
