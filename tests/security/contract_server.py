"""A whole server in this process for the fuzzers: everything is real but the trainings, which only write events."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from starlette.types import ASGIApp

from studio.scheduling.executors.fake import FakeExecutor
from studio.server.app import build_studio, create_app
from studio.server.config import ServerConfig
from studio.settings.sections.text import SCRATCH_ENCODERS
from tests.security.black_box import CANARY, until
from tests.server.conftest import HOMES, studio_script

TOKEN = "t" * 43
LEAK = CANARY[::-1]
"""Computed, because the generator tries words that it finds in the source."""
BASE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class ContractServer:
    """The app, a client with the token, and ids of what there is."""

    app: ASGIApp
    api: TestClient
    ids: dict[str, str]


@contextmanager
def contract_server(folder: Path) -> Iterator[ContractServer]:
    """A server with an example dataset, a finished experiment, an import, an upload and a prediction."""
    home = folder / "home"
    HOMES[:] = [home]
    executor = FakeExecutor(studio_script(finishes))
    config = ServerConfig(home=home, port=8000, ballast_bytes=0, reserve_bytes=0, web=folder / "web")
    app = create_app(build_studio(config, TOKEN, executor))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with TestClient(app, base_url=BASE, headers=headers, raise_server_exceptions=False) as api:
        (home / "canary").write_text(LEAK)
        yield ContractServer(app, api, make_things(api))


def finishes(spec: Any) -> Any:
    """A training that ends at once."""
    from studio.scheduling.executors.fake import epochs_script

    return epochs_script(epochs=1, steps=2)(spec)


def make_things(api: TestClient) -> dict[str, str]:
    """One of everything, by the name of its parameter."""

    def wait(path: str, states: set[str]) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            answer: dict[str, Any] = api.get(path).json()
            return answer if answer["state"] in states else None

        return dict(until(found, 60))

    def post(path: str, body: Any = None) -> dict[str, Any]:
        answer = api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    made = post("/api/examples/text_regression")
    dataset = wait(f"/api/datasets/{made['id']}", {"ready"})
    values = api.get("/api/schema/text_regression", params={"dataset": dataset["id"]}).json()["values"]
    settings = {**values, "architecture.pretrained": False, "architecture.backbone": SCRATCH_ENCODERS[0]}
    experiment = post("/api/experiments", {"problem_type": "text_regression", "settings": settings, "name": "one"})
    experiment = wait(f"/api/experiments/{experiment['id']}", {"finished", "failed"})
    data = b"text,stars\nfine,1\nbad,2\n"
    uploads = [post("/api/uploads", {"name": "a.csv", "size": len(data)})["id"] for _ in range(2)]
    for id in uploads:
        api.put(f"/api/uploads/{id}", params={"offset": 0}, content=data)
    draft = wait(f"/api/imports/{post('/api/imports', {'upload_id': uploads[0]})['id']}", {"ready", "failed"})
    return {
        "dataset_id": dataset["id"],
        "dataset": dataset["id"],
        "experiment_id": experiment["id"],
        "experiment": experiment["id"],
        "run_id": experiment["runs"][0]["id"],
        "upload_id": uploads[1],
        "import_id": draft["id"],
        "problem_type": "text_regression",
        "table": dataset["tables"][0]["name"],
        "path": f"../../{'canary'}",
        "name": "worker.log",
        "split": "validation",
    }
