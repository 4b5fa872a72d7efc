"""Which run's model is taken: the best finished one everywhere, or the one that is named, and the answer says which."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from studio.runs.spec import RunSpec
from studio.store.experiments import refresh_experiment

Alter = Callable[..., None]


@pytest.fixture
def grid(server: Any, order: dict[str, Any]) -> dict[str, Any]:
    """A finished experiment with three runs, each with a model."""
    settings = {**order["settings"], "dataset.selected_folds": ["0", "1", "2"]}
    server.api.post("/api/experiments", json={**order, "name": "grid", "settings": settings})
    found: dict[str, Any] = server.wait("/api/experiments/grid", {"finished"})
    return found


@pytest.fixture
def alter(server: Any, grid: dict[str, Any]) -> Alter:
    """Gives the runs these metrics (log loss: lower is better) and states, and models where they finished."""

    def change(*metrics: float | None, states: tuple[str, ...] = ("finished",) * 3) -> None:
        for run, metric, state in zip(grid["runs"], metrics, states, strict=True):
            bundle = server.studio.home.path / "runs" / run["id"] / "bundle"
            bundle.mkdir(exist_ok=True)
            (bundle / "bundle.json").write_text("{}")
            with server.studio.store.database.write() as connection:
                values = (json.dumps({"metric": metric, "epoch": 1.0}), state, run["id"])
                connection.exec_driver_sql("UPDATE run SET best = ?, state = ? WHERE id = ?", values)
                refresh_experiment(connection, grid["id"])

    return change


def taken_everywhere(server: Any, order: dict[str, Any]) -> dict[str, int]:
    """The number of the run that each of them takes."""
    experiment = server.api.get("/api/experiments/grid").json()
    numbers = {run["id"]: run["number"] for run in experiment["runs"]}
    dataset = order["settings"]["general.dataset"]
    predicted = server.api.post("/api/predictions", json={"experiment": "grid", "dataset_id": dataset})
    assert predicted.status_code == 201, predicted.text
    name = f"from-grid-{predicted.json()['id']}"
    origin = {
        "general.problem_category": "from_experiment",
        "general.experiment": "grid",
        "general.use_previous_experiment_weights": True,
    }
    started = server.api.post(
        "/api/experiments", json={**order, "name": name, "settings": {**order["settings"], **origin}}
    )
    assert started.status_code == 201, started.text
    [run] = started.json()["runs"]
    spec = RunSpec.model_validate(server.studio.store.runs.get(run["id"]).spec.model_dump())
    by_metric = {run["best"]["metric"]: run["number"] for run in experiment["runs"]}
    return {
        "page": experiment["best_run"],
        "headline": by_metric[experiment["metric"]["best"]],
        "export": server.api.get("/api/experiments/grid/model").json()["number"],
        "prediction": predicted.json()["run"],
        "prediction's run": numbers[predicted.json()["run_id"]],
        "weights": numbers[spec.start_weights.split("/")[1]],
    }


@pytest.mark.parametrize(
    ("metrics", "states", "number"),
    [
        ((0.5, 0.2, 0.4), ("finished", "finished", "finished"), 2),
        ((0.5, 0.2, 0.4), ("finished", "failed", "finished"), 3),
        ((None, 0.9, 0.2), ("finished", "finished", "lost"), 2),
    ],
)
def test_everything_that_takes_a_run_of_an_experiment_takes_the_same(
    server: Any,
    order: dict[str, Any],
    alter: Alter,
    metrics: tuple[float | None, ...],
    states: tuple[str, ...],
    number: int,
) -> None:
    alter(*metrics, states=states)

    taken = taken_everywhere(server, order)

    assert set(taken.values()) == {number}, taken


def test_a_run_can_be_named_by_its_number(server: Any, order: dict[str, Any], alter: Alter) -> None:
    alter(0.5, 0.2, 0.4)
    body = {"experiment": "grid", "dataset_id": order["settings"]["general.dataset"]}

    predicted = server.api.post("/api/predictions", json={**body, "run": 3}).json()

    assert predicted["run"] == 3
    assert server.api.get("/api/experiments/grid/model", params={"run": 3}).json()["id"] == predicted["run_id"]


def test_a_run_that_does_not_exist_is_refused_with_those_that_do(server: Any, alter: Alter) -> None:
    alter(0.5, 0.2, 0.4)

    answer = server.api.get("/api/experiments/grid/model", params={"run": 9})

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "The experiment 'grid' has no run 9."
    assert "1 to 3" in answer.json()["error"]["hint"]


@pytest.mark.parametrize("state", ["failed", "stopped"])
def test_only_a_finished_run_has_a_model(
    server: Any, grid: dict[str, Any], order: dict[str, Any], alter: Alter, state: str
) -> None:
    alter(0.5, 0.2, 0.4, states=("finished", state, "finished"))
    run = grid["runs"][1]["id"]
    dataset = order["settings"]["general.dataset"]

    answers = [
        server.api.get("/api/experiments/grid/model", params={"run": 2}),
        server.api.post("/api/predictions", json={"experiment": "grid", "run": 2, "dataset_id": dataset}),
        server.api.post("/api/predictions", json={"run_id": run, "dataset_id": dataset}),
        server.api.post(f"/api/runs/{run}/pipeline"),
        server.api.post(f"/api/runs/{run}/answer", json={"text": "x"}),
        server.api.get(f"/api/runs/{run}/explanation", params={"row": 0}),
    ]

    assert [one.status_code for one in answers] == [409] * len(answers)
    assert {one.json()["error"]["message"] for one in answers} == {f"Run 2 has no finished model; it is {state}."}
    assert server.api.get(f"/api/runs/{run}").json()["has_bundle"] is False


def test_without_a_finished_run_there_is_no_best_one(server: Any, alter: Alter) -> None:
    alter(0.5, 0.2, 0.4, states=("failed", "failed", "failed"))

    answer = server.api.get("/api/experiments/grid/model")

    assert server.api.get("/api/experiments/grid").json()["best_run"] is None
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "no_model"
    assert server.api.get("/api/experiments", params={"has_model": True}).json()["total"] == 0


def test_files_of_one_run_of_several_are_named_after_it(server: Any, grid: dict[str, Any]) -> None:
    names = [
        server.api.get(f"/api/runs/{run['id']}/log/download").headers["content-disposition"] for run in grid["runs"]
    ]

    assert ["grid-run-1.log" in names[0], "grid-run-3.log" in names[2]] == [True, True]
