"""`--run N`: predict and export take the best run of an experiment or the named one, and say which."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.commands.app import run
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import RunState
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

Call = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """An experiment with four runs: the third is the best that finished. Pipelines are built already."""
    home = Home.create(tmp_path_factory.mktemp("runs") / "home")
    store = Store.open(home)
    store.experiments.insert(
        ExperimentRow(
            "exp-1",
            "grid",
            "text_classification",
            None,
            None,
            {},
            {},
            1,
            "",
            0,
            1.7e9,
            "LogLoss",
            "Log loss",
            "minimize",
        )
    )
    for number, (state, loss) in enumerate([("finished", 0.5), ("failed", 0.1), ("finished", 0.2), ("finished", 0.3)]):
        id = f"run-{number + 1}"
        spec = RunSpec(run_id=id, problem_type="text_classification")
        row = RunRow(id, WorkerKind.TRAIN, spec, 1.7e9, experiment_id="exp-1", number=number, state=RunState(state))
        store.runs.insert(RunRow(**{**vars(row), "best": {"metric": loss}}))
        folder = home.path / "runs" / id
        (folder / "bundle").mkdir(parents=True)
        (folder / "bundle" / "bundle.json").write_text("{}")
        (folder / "pipeline.zip").write_bytes(f"pipeline of {id}".encode())
    store.close()
    return home


@pytest.fixture
def call(home: Home, capsys: pytest.CaptureFixture[str]) -> Call:
    def run_command(*words: object) -> tuple[int, Any, str]:
        code = run([*map(str, words), "--home", str(home.path), "--json"])
        shown = capsys.readouterr()
        return code, json.loads(shown.out) if shown.out else None, shown.err

    return run_command


@pytest.mark.parametrize(
    ("words", "number"),
    [(("grid",), 3), (("exp-1",), 3), (("grid", "--run", 1), 1), (("run-4",), 4), (("run-4", "--run", 4), 4)],
)
def test_export_takes_the_best_run_or_the_named_one_and_says_which(
    call: Call, tmp_path: Path, words: tuple[object, ...], number: int
) -> None:
    code, answer, told = call("export", *words, "-o", tmp_path / "out.zip")

    assert code == 0, told
    assert answer["run"] == number
    assert f"run {number}" in told
    assert (tmp_path / "out.zip").read_bytes() == f"pipeline of run-{number}".encode()


@pytest.mark.parametrize("command", ["export", "predict"])
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("grid", "--run", 9), 2, "no run 9"),
        (("grid", "--run", 0), 2, "--run"),
        (("grid", "--run", 2), 1, "Run 2 has no finished model; it is failed"),
        (("run-2",), 1, "Run 2 has no finished model; it is failed"),
        (("run-4", "--run", 1), 2, "run-4 is run 4, not run 1"),
        (("grit",), 2, "Did you mean grid"),
    ],
)
def test_a_run_that_cannot_be_used_is_refused_before_anything_is_sent(
    call: Call, tmp_path: Path, command: str, words: tuple[object, ...], code: int, message: str
) -> None:
    (tmp_path / "new.csv").write_text("text\nhello\n")
    more = (
        ("--table", tmp_path / "new.csv", "-o", tmp_path / "out.csv")
        if command == "predict"
        else ("-o", tmp_path / "x")
    )

    ended, _, told = call(command, *words, *more)

    assert ended == code
    assert message in " ".join(told.split())
