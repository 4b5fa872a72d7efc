"""The version of this installation."""

from importlib.metadata import PackageNotFoundError, version


def studio_version() -> str:
    """As in the package's metadata."""
    try:
        return version("deepstudio")
    except PackageNotFoundError:
        return "0.0.0"
