"""What is installed against the floors of known vulnerabilities. Offline scanners stay silent, so this is a table."""

import sys
from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.version import Version

from tests.support.requirements import covers

FLOORS = {
    "starlette": "1.3.1",
    "python-multipart": "0.0.27",
    "torch": "2.10",
    "transformers": "5.3.0",
    "pyarrow": "23.0.1",
    "pillow": "12.3.0",
    "timm": "1.0.31",
    "ray": "2.54",
    "hydra-core": "1.4",
}
BANNED = {"lightning": ("2.6.2", "2.6.3"), "pytorch-lightning": ("2.6.2", "2.6.3")}


def installed(name: str) -> Version | None:
    try:
        return Version(version(name))
    except PackageNotFoundError:
        return None


@covers("B73")
@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_installed_packages_are_above_their_floor(name: str, floor: str) -> None:
    found = installed(name)
    if found is None:
        pytest.skip(f"{name} is not installed")

    assert found >= Version(floor)


@covers("B73")
@pytest.mark.parametrize("name", BANNED)
def test_banned_releases_are_not_installed(name: str) -> None:
    assert str(installed(name)) not in BANNED[name]


def test_python_is_recent_enough_for_its_archive_fixes() -> None:
    assert sys.version_info >= (3, 11)
