"""Experiments that start from others: weights are taken where they fit, and what stands in the way is said."""

import json
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from studio.runs import events
from studio.runs.spec import RunSpec

SENTINEL = "sentinel-4f1c-neptune-token"
FROM = {
    "general.problem_category": "from_experiment",
    "general.experiment": "first",
    "general.use_previous_experiment_weights": True,
}


def start(server: Any, order: dict[str, Any], **more: Any) -> Any:
    settings = {**order["settings"], **more.pop("settings", {})}
    return server.api.post("/api/experiments", json={**order, **more, "settings": settings})


@pytest.fixture
def first(server: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A finished experiment with three runs, each with a model; the second is the best."""
    start(server, order, name="first", settings={"dataset.selected_folds": ["0", "1", "2"]})
    found: dict[str, Any] = server.wait("/api/experiments/first", {"finished"})
    for run, loss in zip(found["runs"], (0.5, 0.2, 0.4), strict=True):
        bundle = server.studio.home.path / "runs" / run["id"] / "bundle"
        bundle.mkdir()
        (bundle / "bundle.json").write_text("{}")
        with server.studio.store.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE run SET best = ? WHERE id = ?", (json.dumps({"metric": loss}), run["id"])
            )
    return found


def spec_of(server: Any, name: str) -> RunSpec:
    [run] = server.api.get(f"/api/experiments/{name}").json()["runs"]
    return RunSpec.read(server.studio.home.path / "runs" / run["id"])


def test_training_starts_from_the_best_run_of_the_experiment(
    server: Any, order: dict[str, Any], first: dict[str, Any]
) -> None:
    answer = start(server, order, name="second", settings=FROM)

    assert answer.status_code == 201, answer.text
    server.wait("/api/experiments/second", {"finished"})
    best = first["runs"][1]["id"]
    assert spec_of(server, "second").start_weights == f"../{best}/bundle"


@pytest.mark.parametrize(
    ("settings", "code", "path"),
    [
        ({**FROM, "general.experiment": None}, "missing", "general.experiment"),
        ({**FROM, "general.experiment": "nobody"}, "not_here", "general.experiment"),
        ({**FROM, "architecture.backbone": "resnet18"}, "other_backbone", "architecture.backbone"),
        ({"dataset.train_dataframe": None}, "missing", "dataset.train_dataframe"),
        (
            {**FROM, "dataset.train_dataframe": None, "dataset.test_dataframe": None},
            "missing",
            "dataset.test_dataframe",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(
    server: Any, order: dict[str, Any], first: dict[str, Any], settings: dict[str, Any], code: str, path: str
) -> None:
    answer = start(server, order, name="second", settings=settings)

    assert answer.status_code == 422
    assert (code, path) in {(one["code"], one["path"]) for one in answer.json()["findings"]}


def test_weights_of_an_experiment_without_a_model_are_refused(server: Any, order: dict[str, Any]) -> None:
    start(server, order, name="first")
    server.wait("/api/experiments/first", {"finished"})

    answer = start(server, order, name="second", settings=FROM)

    assert [one["code"] for one in answer.json()["findings"] if one["level"] == "error"] == ["no_model"]


def test_settings_alone_may_name_an_experiment_that_is_gone(server: Any, order: dict[str, Any]) -> None:
    settings = {**FROM, "general.experiment": "long-gone", "general.use_previous_experiment_weights": False}

    answer = start(server, order, name="second", settings=settings)
    checked = server.api.post("/api/settings/check", json={**order, "settings": {**order["settings"], **settings}})

    assert answer.status_code == 201, answer.text
    assert ("warning", "general.experiment") in {(one["level"], one["path"]) for one in checked.json()["findings"]}


def test_a_model_predicts_a_table_without_training(server: Any, order: dict[str, Any], first: dict[str, Any]) -> None:
    table = order["settings"]["dataset.train_dataframe"]
    settings = {
        **FROM,
        "dataset.train_dataframe": None,
        "dataset.test_dataframe": table,
        "dataset.label_columns": [],
        "dataset.selected_folds": ["0", "1"],
    }

    answer = start(server, order, name="second", settings=settings)

    assert answer.status_code == 201, answer.text
    assert len(answer.json()["runs"]) == 1
    server.wait("/api/experiments/second", {"finished"})
    assert spec_of(server, "second").fold is None


def test_a_secret_reaches_its_worker_and_nothing_else(
    make_server: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    seen: dict[str, Any] = {}

    def train(spec: RunSpec) -> Iterable[BaseModel]:
        path = homes[0] / "runs" / spec.run_id / "secrets.json"
        seen["value"], seen["mode"] = json.loads(path.read_text()), stat.S_IMODE(path.stat().st_mode)
        yield events.Started(pid=0)
        yield events.Finished()

    homes: list[Path] = []
    server = make_server(train)
    homes.append(server.studio.home.path)
    made = server.api.post("/api/examples/image_classification").json()
    dataset = server.wait(f"/api/datasets/{made['id']}", {"ready"})
    document = server.api.get("/api/schema/image_classification", params={"dataset": dataset["id"]}).json()
    settings = {
        **document["values"],
        "architecture.pretrained": False,
        "logging.logger": "Neptune",
        "logging.neptune_api_token": SENTINEL,
        "logging.neptune_project": "us/them",
    }

    order = {"problem_type": "image_classification", "settings": settings, "name": "tracked"}
    begun = server.api.post("/api/experiments", json=order)

    assert begun.status_code == 201, begun.text
    server.wait("/api/experiments/tracked", {"finished"})
    assert seen == {"value": {"logging.neptune_api_token": SENTINEL}, "mode": 0o600}
    for path in ("experiments/tracked", "experiments/tracked/settings", "experiments/tracked/yaml", "datasets"):
        assert SENTINEL not in server.api.get(f"/api/{path}").text
    holding = [path for path in server.studio.home.path.rglob("*") if path.is_file() and holds(path)]
    assert holding == []
    assert all(not path.stat().st_mode & 0o077 for path in (server.studio.home.path / "secrets").rglob("*"))


def holds(path: Path) -> bool:
    return SENTINEL.encode() in path.read_bytes()


def test_a_deleted_experiment_takes_its_secret_along(server: Any, order: dict[str, Any]) -> None:
    start(server, order, name="first", settings={"logging.logger": "Neptune", "logging.neptune_api_token": SENTINEL})
    found = server.wait("/api/experiments/first", {"finished"})
    kept = server.studio.home.path / "secrets" / f"{found['id']}.secret"
    assert kept.is_file()

    server.api.delete("/api/experiments/first")

    assert not kept.exists()
    assert os.listdir(kept.parent) == ["key"]
