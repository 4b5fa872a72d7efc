"""`studio predict` hands files over by their path where it may, and packs them only where it must."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from studio.commands.app import BAD_INPUT, _told
from studio.commands.connection import ApiError
from studio.commands.options import InputError
from studio.commands.predictions import _await, _columns, _source


class Served:
    """A connection that notes what it is asked."""

    def __init__(self, *, is_lasting: bool) -> None:
        self.is_lasting = is_lasting
        self.allowed: list[Path] = []
        self.uploaded: list[str] = []

    def allow(self, path: Path) -> None:
        self.allowed.append(path)

    def upload(self, file: Path, name: str) -> str:
        with zipfile.ZipFile(file) as archive:
            self.uploaded = sorted(archive.namelist())
        return "up-1"


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A table, its media, and a folder to work in."""
    (tmp_path / "media" / "deep").mkdir(parents=True)
    (tmp_path / "media" / "deep" / "a.png").write_bytes(b"x" * 100)
    (tmp_path / "new.csv").write_text("image\ndeep/a.png\n")
    (tmp_path / "work").mkdir()
    return tmp_path / "new.csv", tmp_path / "media", tmp_path / "work"


def source_of(connection: Served, *given: Any) -> dict[str, str]:
    return _source(connection, *given)  # type: ignore[arg-type]


def test_a_table_alone_is_named(given: tuple[Path, Path, Path]) -> None:
    table, _, work = given
    connection = Served(is_lasting=False)

    assert source_of(connection, table, None, work) == {"path": str(table.resolve())}
    assert connection.allowed == [table.resolve()]
    assert list(work.iterdir()) == []


def test_a_table_and_its_media_are_linked_into_one_folder(given: tuple[Path, Path, Path]) -> None:
    table, media, work = given
    connection = Served(is_lasting=False)

    found = Path(source_of(connection, table, media, work)["path"])

    assert connection.uploaded == []
    assert (found / "new.csv").samefile(table)
    assert (found / "media" / "deep" / "a.png").samefile(media / "deep" / "a.png")


def test_a_server_that_lasts_gets_an_upload(given: tuple[Path, Path, Path]) -> None:
    connection = Served(is_lasting=True)

    assert source_of(connection, *given) == {"upload_id": "up-1"}
    assert connection.uploaded == ["media/deep/a.png", "new.csv"]
    assert connection.allowed == []


class Described:
    """A connection to a server with one experiment."""

    def get(self, path: str) -> Any:
        roles = [{"name": "text_column"}, {"name": "label_columns"}]
        types = [{"id": "text_classification", "roles": roles}]
        return types if path == "/api/problem-types" else {"problem_type": "text_classification"}


def columns_of(*texts: str) -> dict[str, list[str]]:
    return _columns(Described(), {"experiment_id": "exp-1"}, list(texts))  # type: ignore[arg-type]


def test_columns_are_named_by_their_role_whose_ending_may_be_left_out() -> None:
    assert columns_of() == {}
    assert columns_of("text=subject", "text_column=a=b", "label=kind") == {
        "text_column": ["subject", "a=b"],
        "label_columns": ["kind"],
    }


@pytest.mark.parametrize("text", ["text", "text=", "picture=file"])
def test_a_column_without_a_role_is_refused_with_the_roles_there_are(text: str) -> None:
    with pytest.raises(InputError) as refused:
        columns_of(text)

    assert refused.value.hint == "Roles: text, label."


def test_a_prediction_that_refused_its_rows_is_bad_input_with_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    finding = {
        "level": "error",
        "code": "bad_input",
        "path": "text",
        "message": "Text: missing in row 2.",
        "found": "missing",
        "expected": "a text",
        "fix": "Correct these cells.",
        "count": 1,
    }
    error = {"code": "findings", "message": "The table has rows without input.", "findings": [finding]}

    with pytest.raises(ApiError) as refused:
        _await(Served(is_lasting=True), {"id": "pred-1", "state": "failed", "error": error})  # type: ignore[arg-type]

    assert _told(refused.value, wants_json=False) == BAD_INPUT == 2
    assert "missing in row 2" in capsys.readouterr().err
