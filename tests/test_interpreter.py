"""B132: what lies in the working folder of the caller is imported by no process that we start, nor by theirs."""

import os
import subprocess
from pathlib import Path

import pytest

from studio.interpreter import python_module, without_working_folder

CHILD = """
import json, multiprocessing, secrets, subprocess, sys

def look(_):
    import planted_module

if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            pool.map(json.dumps, [1])
    subprocess.run([sys.executable, "-c", "import secrets"], check=True)
    print(*sys.path, sep="\\n")
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose modules leave a mark when they are imported."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in ("secrets", "json", "pandas", "planted_module", "sitecustomize", "studio"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'a').write({name!r} + ' ')\n")
    return folder


@pytest.mark.parametrize("paths", ["", ":", ".", "{site}:", ":{site}:hostile"])
def test_neither_a_child_nor_a_grandchild_looks_into_it(hostile: Path, tmp_path: Path, paths: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "ours.py").write_text(CHILD)
    named = paths.format(site=site) if "{site}" in paths else f"{paths}:{site}"

    done = subprocess.run(
        python_module("ours"),
        cwd=hostile,
        env=without_working_folder({**os.environ, "PYTHONPATH": named}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "mark").exists(), (tmp_path / "mark").read_text()
    assert str(hostile) not in done.stdout.splitlines()
    assert str(site) in done.stdout.splitlines()


def test_lists_of_folders_keep_absolute_ones_only() -> None:
    given = {"PATH": "/bin::.:bin:/usr/bin", "LD_LIBRARY_PATH": ":", "PYTHONPATH": "a", "HOME": "relative"}

    kept = without_working_folder(given)

    assert kept == {"PATH": "/bin:/usr/bin", "HOME": "relative", "PYTHONSAFEPATH": "1"}
