"""An environment that has what a scoring pipeline asks for, and nothing else."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL_SECONDS = 1500


@contextmanager
def fresh_environment(folder: Path) -> Iterator[Path]:
    """A new environment with the pipeline's requirements only; neither server nor database packages are in it.

    It goes at once: with torch it takes more than six gigabytes of the disk that other tests need.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as venv:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        python = Path(venv, "bin", "python")
        clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH",)}
        install = [python, "-m", "pip", "install", "-q", "--no-cache-dir", "-r", folder / "requirements.txt"]
        subprocess.run(install, cwd=venv, check=True, env=clean, timeout=INSTALL_SECONDS)
        for name in ("fastapi", "sqlalchemy", "uvicorn", "alembic"):
            found = subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False)
            assert found.returncode != 0, name
        yield python
