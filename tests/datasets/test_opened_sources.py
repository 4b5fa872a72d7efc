"""What is judged and what is read are one file: a name that is swapped for a link in between leads nowhere."""

import os
from pathlib import Path

import pandas as pd
import pytest

from studio.errors import PathError
from studio.files import open_beneath, open_source, read_json, write_json
from studio.importing.scan_result import Scan
from tests.support import scanning
from tests.support.requirements import covers

SECRET = "SECRET-41c7"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that may be imported from, beside a file that may not."""
    (tmp_path / "secret.csv").write_text(f"{SECRET},b\n1,2\n")
    folder = tmp_path / "root" / "data"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("open,b\n1,2\n")
    (folder / "inner").mkdir()
    (folder / "inner" / "c.csv").write_text("inner,b\n1,2\n")
    return tmp_path / "root"


def scanned(tmp_path: Path, opened: int, name: str) -> tuple[Scan, str]:
    """What a scan of a descriptor finds, and every text that it copied."""
    folder = tmp_path / "import"
    folder.mkdir()
    write_json(folder / "request.json", {"source": "/nowhere", "source_name": name})
    assert scanning.scan(folder, opened) == 0
    os.close(opened)
    texts = [
        pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    ]
    return Scan.model_validate(read_json(folder / "scan.json")), "".join(texts)


def test_a_file_that_becomes_a_link_after_it_was_judged_is_read_as_it_was(root: Path, tmp_path: Path) -> None:
    path = root / "data" / "a.csv"
    opened = open_source(root, path)
    path.unlink()
    path.symlink_to(tmp_path / "secret.csv")

    found, texts = scanned(tmp_path, opened, "a.csv")

    assert [one.name for one in found.tables] == ["a.csv"]
    assert "open" in texts
    assert SECRET not in texts


def test_links_in_a_folder_lead_nowhere_and_its_own_name_may_be_swapped(root: Path, tmp_path: Path) -> None:
    opened = open_source(root, root / "data")
    (root / "data" / "a.csv").unlink()
    (root / "data" / "a.csv").symlink_to(tmp_path / "secret.csv")
    (root / "data" / "all").symlink_to(tmp_path)
    (root / "data").rename(root / "moved")
    (root / "data").symlink_to(tmp_path)

    found, texts = scanned(tmp_path, opened, "data")

    assert [one.name for one in found.tables] == ["inner/c.csv"]
    assert SECRET not in texts


@pytest.mark.parametrize(
    "text", ["link.csv", "linked/a.csv", "linked", "../secret.csv", "gone.csv", "pipe", "data/a.csv/x"]
)
def test_what_is_no_plain_file_below_the_root_is_not_opened(root: Path, tmp_path: Path, text: str) -> None:
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "linked").symlink_to(root / "data")
    os.mkfifo(root / "pipe")

    with pytest.raises(PathError):
        open_source(root, root / text)
    with pytest.raises(PathError):
        open_beneath(root, root / text)


def test_a_folder_and_the_root_itself_are_opened_as_sources_only(root: Path) -> None:
    for path in (root, root / "data"):
        os.close(open_source(root, path))
        with pytest.raises(PathError):
            open_beneath(root, path)
    os.close(open_source(root / "data" / "a.csv", root / "data" / "a.csv"))


@covers("F132")
def test_half_of_an_upload_is_never_taken_for_all_of_it(root: Path, tmp_path: Path) -> None:
    """A look that was killed while it copied left a folder that the next look took for whole."""
    folder = tmp_path / "import"
    (folder / ".files.unpacking").mkdir(parents=True)
    (folder / ".files.unpacking" / "left-over.csv").write_text("x,y\n1,2\n")
    write_json(folder / "request.json", {"source": str(root / "data"), "source_name": "data"})

    assert scanning.scan(folder) == 0

    names = sorted(path.relative_to(folder / "files").as_posix() for path in (folder / "files").rglob("*.csv"))
    assert names == ["a.csv", "inner/c.csv"]
    assert not (folder / ".files.unpacking").exists()
