"""A whole server in this process: real guard, store, files and inspections; trainings are threads that write events."""

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
        import time

        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.api.get(path).json()
            if found.get("state") in states:
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


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    clients: list[TestClient] = []

    def make(train: Script | None = None, *, is_started: bool = True, **config: Any) -> Server:
        home = tmp_path / "home"
        HOMES[:] = [home]
        executor = FakeExecutor(studio_script(train or epochs_script(epochs=2, steps=4)))
        settings = {
            "home": home,
            "port": PORT,
            "ballast_bytes": 0,
            "reserve_bytes": 0,
            "web": tmp_path / "web",
            **config,
        }
        studio = build_studio(ServerConfig(**settings), TOKEN, executor)
        app = create_app(studio)
        api = TestClient(app, base_url=f"http://127.0.0.1:{PORT}", headers={"Authorization": f"Bearer {TOKEN}"})
        if is_started:
            api.__enter__()
            clients.append(api)
        anybody = TestClient(app, base_url=f"http://127.0.0.1:{PORT}", raise_server_exceptions=False)
        return Server(studio, executor, api, anybody)

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    return make_server()


@pytest.fixture
def shapes(server: Server) -> dict[str, Any]:
    """The example dataset, inspected."""
    made = server.api.post("/api/examples/image_classification")
    assert made.status_code == 201, made.text
    return server.wait(f"/api/datasets/{made.json()['id']}", {"ready"})


@pytest.fixture
def order(server: Server, shapes: dict[str, Any]) -> dict[str, Any]:
    """The body of a start."""
    document = server.api.get("/api/schema/image_classification", params={"dataset": shapes["id"]}).json()
    return {
        "problem_type": "image_classification",
        "settings": {**document["values"], "architecture.pretrained": False, "prediction.metric": "LogLoss"},
    }
