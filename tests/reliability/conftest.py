"""Servers to break: a template home that is copied for each test, made once."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reliability.harness import Server, copy_home, end_all, experiment_body, wait_for

Serve = Callable[..., Server]
_SETTINGS = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 32,
    "image.image_height": 32,
    "training.epochs": 2,
    "training.build_scoring_pipelines": False,
    "environment.number_of_workers": 0,
}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home that holds one inspected dataset."""
    return _made_once(tmp_path_factory, "template", _make_template)


@pytest.fixture(scope="session")
def trained_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home that also holds a finished model; `run` and `experiment` hold the ids."""

    def make(folder: Path) -> None:
        copy_home(template, folder)
        _train(folder)

    return _made_once(tmp_path_factory, "trained", make)


@pytest.fixture
def trained(trained_template: Path, tmp_path: Path) -> tuple[Path, str, str]:
    """A test's own copy of a home with a finished model: its folder, and the ids of experiment and run."""
    copy_home(trained_template, tmp_path)
    return tmp_path, (trained_template / "experiment").read_text(), (trained_template / "run").read_text()


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one of the processes that run tests makes, for all of them."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / f"reliability-{name}"
    with (base / f"reliability-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / "made").touch()
    return folder


def _train(folder: Path) -> None:
    """Train one small model for real."""
    server = Server(folder / "home", has_stub=False).ready()
    try:
        made = server.call("POST", "/api/experiments", experiment_body(folder, training__epochs=1))
        server.await_state(made["runs"][0]["id"], "finished", seconds=200)
    finally:
        server.end()
    (folder / "experiment").write_text(made["id"])
    (folder / "run").write_text(made["runs"][0]["id"])


def _make_template(folder: Path) -> None:
    server = Server(folder / "home").ready()
    try:
        made = server.call("POST", "/api/examples/image_classification")
        path = f"/api/datasets/{made['id']}"
        wait_for(lambda: server.call("GET", path)["state"] == "ready", 90)
        document = server.call("GET", f"/api/schema/image_classification?dataset={made['id']}")
        body = {"problem_type": "image_classification", "settings": {**document["values"], **_SETTINGS}}
    finally:
        server.end()
    (folder / "order.json").write_text(json.dumps(body))


@pytest.fixture
def base(template: Path, tmp_path: Path) -> Path:
    """A test's own folder with a copy of the template home."""
    copy_home(template, tmp_path)
    return tmp_path


@pytest.fixture
def serve(base: Path) -> Iterator[Serve]:
    """Starts servers on the test's home; they end with the test, and so do their workers."""
    started: list[Server] = []

    def start(fail: str = "", **options: object) -> Server:
        started.append(Server(base / "home", fail=fail, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    end_all(started)
