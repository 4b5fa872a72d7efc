"""`make dev`: the server, restarted when its code changes, and the page with hot reload in front of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import watchfiles

from studio.server.config import ServerConfig, default_home
from studio.server.serve import serve

ROOT = Path(__file__).resolve().parents[2]
API_PORT = 8787
PAGE_PORT = 5173


def main() -> int:
    """Run both until Ctrl-C."""
    npx = shutil.which("npx")
    if npx is None:
        sys.stderr.write("npx is not on the path: the page needs Node 20.19 or later. Run make setup first.\n")
        return 1
    environment = {**os.environ, "STUDIO_URL": f"http://127.0.0.1:{API_PORT}"}
    command = [npx, "vite", "--host", "127.0.0.1", "--port", str(PAGE_PORT), "--strictPort"]
    with subprocess.Popen(command, cwd=ROOT / "frontend", env=environment) as page:
        try:
            watchfiles.run_process(ROOT / "studio", target=serve_once, watch_filter=only_python)
        finally:
            page.terminate()
    return 0


def serve_once() -> None:
    """One life of the server; sessions outlive it, so that a restart asks nobody to log in again."""
    config = ServerConfig(home=default_home(), port=API_PORT, page_port=PAGE_PORT)
    serve(config, opens_browser=False)


def only_python(_change: watchfiles.Change, path: str) -> bool:
    """Whether a changed file is code of the server."""
    return path.endswith(".py")


if __name__ == "__main__":
    sys.exit(main())
