"""What the command line says to people: no internals, no repetitions, the units of the page."""

from pathlib import Path

import pytest

from studio.commands.app import run
from studio.commands.datasets import plain_value
from studio.commands.output import tell_findings
from studio.datasets.formatting import gigabytes
from studio.server.version import studio_version


def test_the_version_is_told_before_any_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0

    assert capsys.readouterr().out == f"Deepstudio {studio_version()}\n"


def test_a_configuration_that_is_not_there_or_no_text_is_told_without_numbers_of_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "picture.yaml").write_bytes(b"\x89PNG\xff")

    for name, words in (("missing.yaml", "No such file or directory"), ("picture.yaml", "is not text in UTF-8")):
        assert run(["config", "check", str(tmp_path / name), "--home", str(tmp_path / "home")]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert words in told
        assert name in told
        assert "Errno" not in told
        assert "codec" not in told


@pytest.mark.parametrize(
    ("path", "told"), [("line 3", "line 3: Bad."), ("training.epochs", "training.epochs (line 3): Bad.")]
)
def test_the_line_of_a_finding_is_told_once(path: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell_findings([{"level": "error", "path": path, "line": 3, "message": "Bad."}])

    assert capsys.readouterr().err == f"error   {told}\n"


def test_facts_of_a_dataset_are_told_in_words_not_as_python_values() -> None:
    assert plain_value({"train": 399, "test": 30}) == "train: 399; test: 30"
    assert plain_value({"text_column": ["title", "body"]}) == "text_column: title, body"


def test_sizes_are_told_in_the_units_of_the_page() -> None:
    assert gigabytes(25_262_297_088) == "23.5 GB"


@pytest.mark.parametrize("command", [("dataset", "import"), ("run",), ("predict",)])
def test_help_shows_what_to_type_and_no_types_of_python(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--help"]) == 0

    told = capsys.readouterr().out
    assert "=" in told
    assert "list[" not in told


def test_a_failed_import_leaves_no_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mails.csv").write_text("text,label\n" + "\n".join(f"mail {n},spam" for n in range(30)) + "\n")
    home = ["--home", str(tmp_path / "home")]
    roles = ["--problem-type", "text_classification", "--role", "text=text_column", "--role", "label=label_columns"]

    assert run(["dataset", "import", str(tmp_path / "mails.csv"), "--name", "mails", *roles, *home]) == 2
    assert "No dataset was made" in capsys.readouterr().err

    assert run(["dataset", "list", "--json", *home]) == 0
    assert capsys.readouterr().out.strip() == "[]"
