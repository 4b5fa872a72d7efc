"""Shared fixtures. Threads and waiting are set before anything imports torch (see docs/architecture.md)."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

from tests.reliability.held import pytest_runtest_logreport, pytest_runtest_setup, report_held
from tests.rows_report import report_rows

__all__ = ["pytest_runtest_logreport", "pytest_runtest_setup"]

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("STUDIO_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real datasets beside the repository; tests that need them are skipped where they are not."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real datasets are not beside this repository")
    return SHARED_DATA


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many rows of docs/security.md and docs/reliability.md passed, and why others were skipped."""
    report_rows(terminalreporter)
    report_held(terminalreporter)
