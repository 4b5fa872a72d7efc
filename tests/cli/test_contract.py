"""The command line as a contract: one JSON document on standard output, everything else beside it, and exit codes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.commands.app import run

Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli") / "home"


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """(exit code, the JSON document or None, what people see)."""

    def run_command(*arguments: object, json_answer: bool = True) -> tuple[int, Any, str]:
        words = [str(one) for one in arguments] + ["--home", str(home)] + (["--json"] if json_answer else [])
        code = run(words)
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if json_answer and shown.out else shown.out or None, shown.err

    return run_command


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example") / "data"
    assert run(["example", "image_classification", "-o", str(folder)]) == 0
    return folder


@pytest.fixture
def dataset(call: Call, example: Path) -> dict[str, Any]:
    code, shown, _ = call("dataset", "show", "shapes")
    if code == 0:
        return shown
    code, made, told = call("dataset", "import", example, "--name", "shapes")
    assert code == 0, told
    return made


def test_what_there_is(call: Call) -> None:
    code, found, _ = call("doctor")
    assert code in (0, 1)
    assert set(found) == {"ok", "findings"}

    code, types, _ = call("problem-types")
    assert code == 0
    assert set(types[0]) == {"id", "title", "category", "model_types", "metrics"}

    code, schema, _ = call("schema", "image_classification")
    assert code == 0
    assert {"problem_type", "version", "sections", "settings"} <= set(schema)
    setting = next(one for one in schema["settings"] if one["key"] == "training.learning_rate")
    wanted = {
        "key",
        "label",
        "section",
        "type",
        "default",
        "choices",
        "min",
        "max",
        "grid",
        "level",
        "visible_if",
        "help",
    }
    assert wanted <= set(setting)


def test_a_dataset_is_imported_shown_and_checked(call: Call, dataset: dict[str, Any]) -> None:
    assert {"id", "name", "problem_type", "rows", "findings", "roles"} <= set(dataset)
    assert dataset["rows"] == {"train": 120, "test": 36}

    assert [one["name"] for one in call("dataset", "list")[1]] == ["shapes"]
    code, checked, _ = call("dataset", "check", "shapes")
    assert code == 0
    assert all(one["level"] != "error" for one in checked["findings"])


def test_tables_and_roles_can_be_named(call: Call, example: Path) -> None:
    code, made, told = call(
        "dataset", "import", example, "--name", "named", "--train", "test.csv", "--media", "images",
        "--problem-type", "image_classification", "--role", "image=image_column", "--role", "label=label_columns",
    )  # fmt: skip

    assert code == 0, told
    assert made["rows"]["train"] == 36
    assert call("dataset", "delete", "named")[0] == 0
    assert call("dataset", "show", "named")[0] == 2


def test_unknown_names_list_the_nearest(call: Call, dataset: dict[str, Any]) -> None:
    for command in (("dataset", "show", "shape"), ("config", "new", "image_clasification", "--dataset", "shapes")):
        code, body, told = call(*command)

        assert code == 2
        assert "Did you mean" in told
        assert body["error"]["code"] == "not_found"


def test_a_configuration_is_written_checked_and_loaded(call: Call, dataset: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    code, _, told = call("config", "new", "image_classification", "--dataset", "shapes", "--suggest",
                         "--set", "training.epochs=3", "-o", file)  # fmt: skip
    assert code == 0
    assert "instead of" in told
    assert "training.epochs" not in told  # what was set is no suggestion
    assert "epochs: 3" in file.read_text()

    code, checked, _ = call("config", "check", file)
    assert (code, checked) == (0, {"findings": []})
    code, loaded, _ = call("config", "load", file)
    assert code == 0
    assert {"problem_type", "settings", "taken", "translated", "not_applicable", "findings"} <= set(loaded)

    file.write_text(file.read_text().replace("epochs: 3", "epochs: many"))
    code, checked, told = call("config", "check", file)
    assert code == 2
    assert checked["findings"][0]["path"] == "training.epochs"
    assert "training.epochs" in told


def test_a_configuration_goes_to_standard_output_without_a_file(call: Call, dataset: dict[str, Any]) -> None:
    code, text, _ = call("config", "new", "image_classification", "--dataset", "shapes", json_answer=False)

    assert code == 0
    assert "problem_type: image_classification" in text


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("dataset", "import", "nowhere", "--name", "x"),
        ("run", "nowhere.yaml"),
        ("predict", "x", "--table", "nowhere.csv", "-o", "out.txt"),
        ("export", "x", "-o", "out.zip", "--kind", "cobol"),
        ("config", "new", "image_classification", "--dataset", "shapes", "--set", "nothing"),
        ("link",),
    ],
)
def test_bad_input_ends_with_two(call: Call, dataset: dict[str, Any], words: tuple[str, ...]) -> None:
    code, _, told = call(*words)

    assert code == 2
    assert told


def test_bad_data_ends_with_two_and_its_findings(call: Call, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("image,label\nnot-there.png,a\n")

    code, _, told = call("dataset", "import", tmp_path / "bad.csv", "--name", "bad")

    assert code == 2
    assert told


def test_a_refused_inspection_gives_every_finding(call: Call, tmp_path: Path) -> None:
    rows = "".join(f"text number {number} of some,good\n   ,bad\n" for number in range(6))
    (tmp_path / "train.csv").write_text(f"text,label\n{rows}")

    code, answer, told = call(
        "dataset",
        "import",
        tmp_path / "train.csv",
        "--name",
        "one-label",
        "--problem-type",
        "text_classification",
        "--role",
        "text=text_column",
        "--role",
        "label=label_columns",
    )

    assert code == 2
    assert answer["state"] == "failed"
    assert {"error", "warning"} <= {finding["level"] for finding in answer["findings"]}
    assert all(finding["message"] in " ".join(told.split()) for finding in answer["findings"])
    assert "one-label" not in [one["name"] for one in call("dataset", "list")[1]]


def test_a_refused_import_tells_each_error_once(call: Call, example: Path) -> None:
    code, _, told = call("dataset", "import", example, "--name", "wrong column", "--role", "colour=label_columns")

    assert code == 2
    assert " ".join(told.split()).count("has no column 'colour'") == 1
    assert "No dataset was made" in told


def test_a_refused_look_gives_its_findings_too(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")

    code, answer, _ = call("dataset", "import", tmp_path / "empty.csv", "--name", "empty")

    assert code == 2
    assert answer["error"]["message"]
    assert isinstance(answer["findings"], list)


def test_a_run_that_fails_ends_with_one_and_the_cause(call: Call, dataset: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    call(
        "config",
        "new",
        "image_classification",
        "--dataset",
        "shapes",
        "--set",
        "architecture.pretrained=false",
        "-o",
        file,
    )

    code, shown, told = call("run", file, "--name", "broken", "--wait", "--set", "architecture.backbone=nothing")

    assert code == 2
    assert shown["findings"]
    assert "architecture.backbone" in told


@pytest.mark.heavy
def test_run_wait_ends_with_the_experiment(call: Call, dataset: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    call("config", "new", "image_classification", "--dataset", "shapes", "--set", "architecture.pretrained=false",
         "--set", "architecture.backbone=test_resnet",
         "--set", "image.image_width=32", "--set", "image.image_height=32",
         "--set", "environment.number_of_workers=0", "--set", "training.epochs=1", "-o", file)  # fmt: skip

    code, shown, told = call("run", file, "--name", "first", "--wait")

    assert code == 0, told
    assert shown["state"] == "finished"
    assert {"id", "name", "state", "problem_type", "dataset", "runs"} <= set(shown)
    wanted = {"id", "state", "fold", "seed", "grid", "attempt", "epoch", "step", "metrics", "best", "error"}
    assert wanted <= set(shown["runs"][0])
    assert shown["runs"][0]["metrics"]["validation"]
    assert shown["dataset"] == "shapes"
    assert [one["name"] for one in call("experiment", "list")[1]] == ["first"]
    assert call("experiment", "show", "first")[1]["id"] == shown["id"]
    assert call("experiment", "log", "first")[1]["runs"][0]["lines"]
    assert call("experiment", "resume", "first")[0] == 1
    assert call("experiment", "delete", "first")[0] == 0


def test_the_command_line_imports_nothing_heavy_to_show_help() -> None:
    probe = (
        "import sys; from studio.commands.app import run; run(['--help']);"
        "print([n for n in ('torch', 'fastapi', 'sqlalchemy', 'pandas') if n in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True)

    assert done.stderr.strip() == "[]"
