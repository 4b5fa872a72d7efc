"""Rules of the repository itself."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "pyproject.toml", "README.md", "studio", "frontend", "configs", "tests", "docker", "Makefile",
    "docs", "benchmarks", "CHANGELOG.md", "LICENSE", "hatch_build.py",
}  # fmt: skip
FORBIDDEN = re.compile(
    r"\b(torch\.load|pickle\.loads?|cPickle|yaml\.load|yaml\.unsafe_load|trust_remote_code\s*=\s*True)\b"
)
ALLOWED_TORCH_LOAD = {"studio/modeling/packaged_weights.py"}


def tracked(*patterns: str) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_is_as_agreed() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}

    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_no_machine_path_is_committed() -> None:
    pattern = re.compile(r"(^|[^A-Za-z0-9_.])/(root|home|work|farm)/[a-z]")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("*.py", "*.ts", "*.tsx", "*.md", "*.toml", "*.yaml", "Makefile", "*.json", "*.txt")
        if path.name not in ("package-lock.json", "test_repository.py")
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]

    assert found == []


def test_nothing_unpickles_or_evaluates() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked("studio/*.py")
        if FORBIDDEN.search(path.read_text()) and str(path.relative_to(ROOT)) not in ALLOWED_TORCH_LOAD
    ]

    assert found == []


def test_the_npm_lock_holds_no_download_address() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())

    assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


def test_source_files_are_one_concept_long() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked("studio/*.py")
        if (count := sum(bool(line.strip()) for line in path.read_text().splitlines())) > 500
    }

    assert long == {}


def test_no_test_takes_nan_for_equal() -> None:
    """NumPy's comparison does unless it is told not to, and the largest of several differences can lose a NaN."""
    wrong = []
    for path in [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            hides = "assert_allclose(" in line and "equal_nan=False" not in line
            hides |= re.search(r"\bmax\(.*abs\(.*\bfor\b", line) is not None
            if hides and path != Path(__file__):
                wrong.append(f"{path.relative_to(ROOT)}:{number}")
    assert wrong == []
