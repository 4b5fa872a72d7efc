"""A whole server in this process: real guard, store, files and inspections; trainings are threads that write events."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from studio.runs import events
from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.executors.fake import FakeExecutor, Script, epochs_script
from studio.server.app import build_studio, create_app
from studio.server.config import ServerConfig
from studio.server.studio import Studio
from studio.store.datasets import DatasetRow

TOKEN = "t" * 43
PORT = 8000


@dataclass
class Server:
    """A running server and two who call it: a program with the token, and anybody."""

    studio: Studio
    executor: FakeExecutor
    api: TestClient
    anybody: TestClient

    def browser(self) -> TestClient:
        """A browser that has opened the launch address; it sends its own Origin."""
        client = TestClient(self.anybody.app, base_url=f"http://127.0.0.1:{PORT}", follow_redirects=False)
        client.get("/launch", params={"code": self.studio.sessions.new_launch_code()})
        client.headers["Origin"] = f"http://127.0.0.1:{PORT}"
        return client

    def wait(self, path: str, states: set[str], seconds: float = 30.0) -> dict[str, Any]:
        """Poll until the thing is in one of the states."""
        return self.wait_for(path, lambda found: found.get("state") in states, seconds)

    def wait_for(self, path: str, is_done: Callable[[dict[str, Any]], bool], seconds: float = 30.0) -> dict[str, Any]:
        """Poll until the thing is as wanted."""
        import time

        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.api.get(path).json()
            if is_done(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{path} is {found} after {seconds} s")


def studio_script(train: Script) -> Script:
    """Trainings by a script; inspections and previews for real, in the worker's thread."""

    def script(spec: RunSpec) -> Iterable[BaseModel]:
        if spec.kind is WorkerKind.INSPECT:
            yield events.Started(pid=0)
            yield inspect(spec)
        elif spec.kind is WorkerKind.PREVIEW:
            yield events.Started(pid=0)
            yield make_preview(spec)
        else:
            yield from train(spec)

    return script


def inspect(spec: RunSpec) -> BaseModel:
    from studio.errors import StudioError
    from studio.importing.inspection_order import run_inspection
    from studio.training.failures.failures import failed_event

    try:
        run_inspection(spec, HOMES[0] / "inspections" / spec.run_id, Silent())
    except StudioError as error:
        return failed_event(error)
    return events.Finished()


def make_preview(spec: RunSpec) -> BaseModel:
    from studio.errors import StudioError
    from studio.runs.folder import RunFolder
    from studio.training.failures.failures import failed_event
    from studio.training.preview import preview

    folder = RunFolder(HOMES[0] / "previews" / spec.run_id)
    try:
        return preview(folder, spec, Silent(), Silent())
    except StudioError as error:
        return failed_event(error)


class Silent:
    """Hears the report of an inspection or a preview."""

    def progress(self, fraction: float, detail: str = "") -> None:
        pass

    def log(self, level: str, text: str) -> None:
        pass

    def check(self) -> None:
        pass


HOMES: list[Path] = []


def open_server(root: Path, train: Script | None = None, **config: Any) -> Server:
    """A server over the home in this folder; it starts when a client of it is entered."""
    home = root / "home"
    HOMES[:] = [home]
    executor = FakeExecutor(studio_script(train or epochs_script(epochs=2, steps=4)))
    settings = {
        "home": home,
        "port": PORT,
        "ballast_bytes": 0,
        "reserve_bytes": 0,
        "web": root / "web",
        **config,
    }
    studio = build_studio(ServerConfig(**settings), TOKEN, executor)
    app = create_app(studio)
    api = TestClient(app, base_url=f"http://127.0.0.1:{PORT}", headers={"Authorization": f"Bearer {TOKEN}"})
    anybody = TestClient(app, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False)
    return Server(studio, executor, api, anybody)


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    clients: list[TestClient] = []

    def make(train: Script | None = None, *, is_started: bool = True, **config: Any) -> Server:
        server = open_server(tmp_path, train, **config)
        if is_started:
            server.api.__enter__()
            clients.append(server.api)
        return server

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    return make_server()


@pytest.fixture(scope="session")
def imported_shapes(tmp_path_factory: pytest.TempPathFactory) -> tuple[DatasetRow, Path]:
    """The example dataset of image classification, imported once, and its folder."""
    server = open_server(tmp_path_factory.mktemp("imported"))
    with server.api:
        made = server.api.post("/api/examples/image_classification")
        assert made.status_code == 201, made.text
        server.wait(f"/api/datasets/{made.json()['id']}", {"ready"})
    row = server.studio.store.datasets.get(made.json()["id"])
    return row, server.studio.home.path / "datasets" / row.id


@pytest.fixture
def shapes(server: Server, imported_shapes: tuple[DatasetRow, Path]) -> dict[str, Any]:
    """The example dataset, as if this server had imported it."""
    row, folder = imported_shapes
    shutil.copytree(folder, server.studio.home.path / "datasets" / row.id)
    server.studio.store.datasets.insert(row)
    found: dict[str, Any] = server.api.get(f"/api/datasets/{row.id}").json()
    assert found["state"] == "ready"
    return found


@pytest.fixture
def order(server: Server, shapes: dict[str, Any]) -> dict[str, Any]:
    """The body of a start."""
    document = server.api.get("/api/schema/image_classification", params={"dataset": shapes["id"]}).json()
    return {
        "problem_type": "image_classification",
        "settings": {**document["values"], "architecture.pretrained": False, "prediction.metric": "LogLoss"},
    }
