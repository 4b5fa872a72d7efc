import os
from pathlib import Path

import pytest

from studio.errors import DiskFullError, PathError
from studio.files import (
    read_json,
    relative_path,
    require_free_space,
    resolve_inside,
    sync_files,
    write_atomic,
    write_json,
)

HOSTILE = [
    "../canary",
    "..",
    "a/../../canary",
    "/etc/hostname",
    "C:\\x",
    "C:x",
    "\\\\host\\share",
    "a\x00.png",
    "a\\b",
    "",
    "a/" * 40 + "b",
    "x" * 300,
    "a\nb",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "canary").write_text("secret")

    with pytest.raises(PathError):
        resolve_inside(tmp_path / "root", text)


def test_a_sibling_with_the_same_prefix_is_outside(tmp_path: Path) -> None:
    for name in ("exp-1", "exp-10"):
        (tmp_path / name).mkdir()
    (tmp_path / "exp-10" / "canary").write_text("secret")

    with pytest.raises(PathError):
        resolve_inside(tmp_path / "exp-1", "../exp-10/canary")


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "canary").write_text("secret")
    os.symlink(tmp_path / "canary", tmp_path / "root" / "link")
    os.symlink(tmp_path, tmp_path / "root" / "folder")

    for text in ("link", "folder/canary"):
        with pytest.raises(PathError, match="is a link"):
            resolve_inside(tmp_path / "root", text)


def test_plain_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "a b#%").mkdir()
    (tmp_path / "a b#%" / "ö.png").write_text("x")

    assert resolve_inside(tmp_path, "a b#%/ö.png").read_text() == "x"
    assert str(relative_path("./a/b")) == "a/b"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"x": float("nan")})

    assert read_json(path) == {"x": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


def test_written_files_are_private(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"x")

    assert (tmp_path / "a").stat().st_mode & 0o077 == 0


def test_a_full_disk_is_said_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=r"needs 1,000,000,000,000 MB .* MB are free"):
        require_free_space(tmp_path, 10**18)


def test_everything_below_a_folder_is_synced_or_the_failure_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")

    sync_files(tmp_path)

    with pytest.raises(FileNotFoundError):
        sync_files(tmp_path / "nothing")
