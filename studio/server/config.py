"""ServerConfig: everything that is decided before a server starts. None of it can be set over HTTP."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from studio.errors import StudioError
from studio.runs.hang_timeout import HANG_SECONDS

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_PORT = 8000


class ConfigError(StudioError):
    """The server cannot be started this way."""

    code = "config"


@dataclass(frozen=True)
class ServerConfig:
    """How one server is run."""

    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    import_roots: tuple[Path, ...] = ()
    """Folders whose contents may be imported by path."""
    is_embedded: bool = False
    """Whether it serves one command over a Unix socket, not a browser."""
    executor: Literal["local", "fake"] = "local"
    is_warm: bool = True
    """Whether a launcher with torch imported is kept."""
    cpu_runs: int = 1
    """Number of parallel trainings on the CPU."""
    reserve_bytes: int = 1 << 30
    """Free space that uploads and new runs leave alone."""
    ballast_bytes: int = 64 << 20
    hang_seconds: float = HANG_SECONDS
    """How long a living worker may be silent before it is taken for hanging."""
    page_port: int | None = None
    """The port of a development server of the page, which passes requests on."""
    web: Path = field(default_factory=lambda: Path(__file__).parent.parent / "web")

    def check(self) -> None:
        """Refuse what is not safe.

        Raises:
            ConfigError: saying what to do.
        """
        if self.host not in LOOPBACK:
            raise ConfigError(
                f"The server does not listen on {self.host}: it has no user accounts, so anybody could use it.",
                hint="Leave --host out and reach it through an SSH tunnel: ssh -L 8000:127.0.0.1:8000 your-machine.",
            )


def default_home() -> Path:
    """`STUDIO_HOME`, else the per-user data folder of the platform.

    Raises:
        ConfigError: if this account has no folder.
    """
    given = os.environ.get("STUDIO_HOME")
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    try:
        if given:
            return Path(given).expanduser().absolute()
        # The XDG specification: a relative path is to be ignored.
        return (data if data.is_absolute() else Path.home() / ".local" / "share") / "deepstudio"
    except RuntimeError as error:
        raise ConfigError(
            "This account has no folder of its own, so the studio does not know where to keep its data.",
            hint="Name a folder with --home or STUDIO_HOME.",
        ) from error
