"""Shared fixtures. Threads and waiting are set before anything imports torch (see docs/architecture.md)."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

from studio.store.home import Home
from studio.store.store import Store
from tests.support.real_data import RealDataReport
from tests.support.requirements import RequirementsReport

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("STUDIO_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real datasets beside the repository; tests that need them are skipped where they are not."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real datasets are not beside this repository")
    return SHARED_DATA


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home of the test's own."""
    return Home.create(tmp_path / "home")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """The store of that home, on a real SQLite file."""
    store = Store.open(home)
    yield store
    store.close()


def pytest_configure(config: pytest.Config) -> None:
    """Every session ends with the rows that passed, and why others were skipped."""
    config.pluginmanager.register(RequirementsReport(), "requirements")
    config.pluginmanager.register(RealDataReport(SHARED_DATA), "real data")
