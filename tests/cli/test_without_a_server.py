"""Commands that only read start no server: the same answers, from this process, and nothing heavy is imported."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory

from studio.commands.app import run
from studio.commands.connection import ApiError, Connection
from studio.commands.in_process import NotAnsweredError, RefusedError, answer
from studio.runs.spec import RunSpec, WorkerKind
from studio.server.home_lock import HomeLock
from studio.store.at_rest import is_at_rest, names_in
from studio.store.experiments import ExperimentRow
from studio.store.home import Home
from studio.store.migrate import _config
from studio.store.migrations import HEAD
from studio.store.runs import RunRow
from studio.store.store import Store

HEAVY = ("torch", "fastapi", "uvicorn", "starlette", "pandas", "pyarrow")
SQL = ("sqlalchemy", "alembic", "numpy")
KIND = "text_regression"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home at rest with a dataset, and an experiment whose one run was stopped."""
    folder = tmp_path_factory.mktemp("rest")
    home = Home(folder / "home")
    assert run(["example", KIND, "-o", str(folder / "files")]) == 0
    assert run(["dataset", "import", str(folder / "files"), "--name", "prices", "--home", str(home.path)]) == 0
    store = Store.open(home)
    fields = {"model_type": None, "dataset_id": None, "settings": {}, "grid": {}, "document_version": 1, "colour": 0}
    metric = {"metric": "MAE", "metric_label": "MAE", "direction": "minimize"}
    store.experiments.insert(
        ExperimentRow(id="exp-1", name="first", problem_type=KIND, fingerprint="", created=1.0, **fields, **metric)
    )
    spec = RunSpec(run_id="run-1", problem_type=KIND)
    store.runs.insert(RunRow(id="run-1", kind=WorkerKind.TRAIN, spec=spec, created=1.0, experiment_id="exp-1"))
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE run SET state = 'stopped'")
    store.close()
    return home


@pytest.fixture
def copy(used: Home, tmp_path: Path) -> Home:
    """A copy of its database in a home of the test's own."""
    home = Home.create(tmp_path / "copy")
    home.lock.touch()
    with sqlite3.connect(used.database) as source, sqlite3.connect(home.database) as target:
        source.backup(target)
    return home


def change(home: Home, statement: str) -> None:
    with sqlite3.connect(home.database) as connection:
        connection.execute(statement)


def imported_by(words: list[str]) -> list[str]:
    """Which of the large packages a command imports."""
    probe = (
        "import sys; from studio.commands.app import run; code = run(sys.argv[1:]);"
        f"print([n for n in {HEAVY + SQL} if n in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", probe, *words], capture_output=True, text=True, timeout=60, check=True)
    return list(json.loads(done.stderr.strip().splitlines()[-1].replace("'", '"')))


@pytest.mark.parametrize(
    "command",
    ["problem-types --json", f"schema {KIND} --json", f"config new {KIND} -o OUT", "config load FILE --json"],
)
def test_what_is_installed_is_told_without_server_database_or_home(command: str, tmp_path: Path) -> None:
    file, home = tmp_path / "c.yaml", tmp_path / "home"
    assert run(["config", "new", KIND, "-o", str(file), "--home", str(home)]) == 0
    words = command.replace("FILE", str(file)).replace("OUT", str(tmp_path / "new.yaml")).split()

    assert imported_by([*words, "--home", str(home)]) == []
    assert not home.exists()


@pytest.mark.parametrize("command", ["dataset list --json", "dataset show prices --json", "experiment list --json"])
def test_a_home_at_rest_is_read_without_a_server(command: str, used: Home) -> None:
    found = imported_by([*command.split(), "--home", str(used.path)])

    assert "sqlalchemy" in found
    assert not set(found) & {*HEAVY, "alembic", "numpy"}


REQUESTS: tuple[tuple[str, str, dict[str, Any], dict[str, Any] | None], ...] = (
    ("GET", "/api/problem-types", {}, None),
    ("GET", "/api/schema/image_object_detection", {"model_type": "fcos"}, None),
    ("GET", f"/api/schema/{KIND}", {"dataset": "prices"}, None),
    ("GET", "/api/schema/nonsense", {}, None),
    ("GET", f"/api/schema/{KIND}", {"dataset": "price"}, None),
    ("POST", "/api/settings/load", {}, {"yaml": f"problem_type: {KIND}\ntraining:\n  epochs: many\n  epoch: 3\n"}),
    ("POST", "/api/settings/load", {}, {"yaml": "experiment: [1"}),
    ("POST", "/api/settings/yaml", {}, {"problem_type": KIND, "settings": {"training.epochs": 3}}),
    ("POST", "/api/settings/yaml", {}, {"problem_type": KIND, "settings": {"training.epochs": "x"}}),
    ("POST", "/api/settings/check", {}, {"problem_type": KIND, "settings": {"general.dataset": "prices"}}),
    ("GET", "/api/experiments", {"q": "", "state": "", "archived": False, "offset": 0, "limit": 1000}, None),
    ("GET", "/api/experiments/first", {}, None),
    ("GET", "/api/experiments/fist", {}, None),
    ("GET", "/api/datasets", {}, None),
    ("GET", "/api/datasets/prices", {}, None),
    ("GET", "/api/datasets/prices/findings", {}, None),
    ("GET", "/api/datasets/none", {}, None),
    ("GET", "/api/runs/run-1/log", {"after": 0, "limit": 10}, None),
    ("GET", "/api/runs/run-none/log", {"after": 0, "limit": 10}, None),
)


def test_every_answer_and_every_refusal_is_that_of_a_server(used: Home) -> None:
    def here(method: str, path: str, query: dict[str, Any], body: dict[str, Any] | None) -> Any:
        try:
            return answer(used, method, path, query, body)
        except RefusedError as refused:
            return refused.status, refused.body

    alone = [here(*request) for request in REQUESTS]
    served: list[Any] = []
    connection = Connection(used.path)
    connection.open()
    try:
        for method, path, query, body in REQUESTS:
            try:
                served.append(connection._call(method, path, params=query, **({"json": body} if body else {})))
            except ApiError as error:
                served.append((error.status, error.body))
    finally:
        connection.close()

    for request, mine, its in zip(REQUESTS, alone, served, strict=True):
        assert mine == its, request


@pytest.mark.covers("F171")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE run SET state = 'running' WHERE id = 'run-1'",
        "UPDATE run SET state = 'queued' WHERE id = 'run-1'",
        "UPDATE dataset SET state = 'inspecting'",
        "UPDATE dataset SET deleted = 1.0",
        "UPDATE experiment SET deleted = 1.0",
        "UPDATE alembic_version SET version_num = '0001'",
        "UPDATE alembic_version SET version_num = '9999'",
        "DROP TABLE dataset",
    ],
)
def test_f171_a_home_with_something_under_way_is_left_to_a_server(copy: Home, statement: str) -> None:
    assert is_at_rest(copy)
    change(copy, statement)

    assert not is_at_rest(copy)
    with pytest.raises(NotAnsweredError):
        answer(copy, "GET", "/api/datasets", {}, None)


@pytest.mark.covers("F171")
def test_f171_a_home_that_has_an_owner_is_left_to_it(copy: Home) -> None:
    lock = HomeLock(copy)
    lock.acquire()
    try:
        with pytest.raises(NotAnsweredError):
            answer(copy, "GET", "/api/datasets", {}, None)
    finally:
        lock.release()

    assert len(answer(copy, "GET", "/api/datasets", {}, None)) == 1


@pytest.mark.covers("F171")
def test_f171_a_damaged_database_is_left_to_a_server_that_says_so(
    copy: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(copy.database.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    copy.database.write_bytes(bytes(data))

    assert run(["dataset", "list", "--home", str(copy.path)]) == 1
    assert "is damaged" in " ".join(capsys.readouterr().err.split())


def test_names_of_a_home_are_those_of_its_store(used: Home) -> None:
    assert names_in(used) == (("prices",), ("first",))
    assert names_in(Home(used.path / "nowhere")) == ((), ())


def test_the_newest_revision_is_the_one_of_the_migrations() -> None:
    assert ScriptDirectory.from_config(_config(None)).get_current_head() == HEAD


class Recorder(BaseHTTPRequestHandler):
    """Answers a start, and remembers what was asked."""

    asked: list[tuple[str, str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.command, self.path, body))
        experiment = {"id": "exp-1", "name": "first", "runs": [{}], "dataset": None}
        data = json.dumps({"experiment": experiment, "findings": []}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def recorded(home: Home) -> Iterator[list[tuple[str, str, Any]]]:
    """The requests that a server of the home gets."""
    Recorder.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    lock = HomeLock(home)
    lock.acquire()
    lock.publish(port=server.server_port)
    yield Recorder.asked
    lock.release()
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_run_is_planned_and_started_by_one_request(
    home: Home, tmp_path: Path, recorded: list[tuple[str, str, Any]]
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"problem_type: {KIND}\n")

    code = run(["run", str(file), "--set", "training.epochs=3", "--name", "mine", "--home", str(home.path)])

    body = {"yaml": f"problem_type: {KIND}\n", "changes": {"training.epochs": 3}, "name": "mine"}
    assert (code, recorded) == (0, [("POST", "/api/experiments/from-yaml", body)])


def test_stopping_what_has_ended_says_so(copy: Home, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, "UPDATE experiment SET state = 'stopped'")

    assert run(["experiment", "stop", "first", "--home", str(copy.path)]) == 0

    assert "first had ended before (stopped); there was nothing to stop." in capsys.readouterr().err
