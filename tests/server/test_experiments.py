"""From settings to a finished experiment, over the REST API."""

import json
from typing import Any

import pytest

from studio.runs import events
from studio.runs.spec import RunSpec
from studio.server.schemas.experiments import ExperimentRow


def start(server: Any, order: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = server.api.post("/api/experiments", json={**order, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_experiment_runs_to_its_end_with_points_log_and_history(server: Any, order: dict[str, Any]) -> None:
    begun = start(server, order, name="first")

    experiment = server.wait("/api/experiments/first", {"finished"})

    [run] = experiment["runs"]
    assert experiment["id"] == begun["id"]
    assert experiment["metric"]["best"] == pytest.approx(run["best"]["metric"])
    assert [one["state"] for one in run["history"]][:2] == ["queued", "starting"]
    series = server.api.get(f"/api/runs/{run['id']}/series", params={"points": 4}).json()["series"]
    assert series["train.loss"]["total"] == 8
    assert series["train.loss"]["numbers"][-1] == 8
    assert len(series["train.loss"]["steps"]) == 4
    log = server.api.get(f"/api/runs/{run['id']}/log").json()
    assert [line["text"] for line in log["lines"]] == ["Epoch 1 of 2", "Epoch 2 of 2"]
    assert "Epoch 2 of 2" in server.api.get(f"/api/runs/{run['id']}/log/download").text


def test_the_same_key_starts_once(server: Any, order: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "k1"}

    first = server.api.post("/api/experiments", json=order, headers=key).json()
    second = server.api.post("/api/experiments", json=order, headers=key).json()
    other = server.api.post("/api/experiments", json={**order, "name": "other"}, headers=key)

    assert first["id"] == second["id"]
    assert server.api.get("/api/experiments").json()["total"] == 1
    assert other.status_code == 409


def test_every_finding_comes_at_once_with_its_path(server: Any, order: dict[str, Any]) -> None:
    bad = {**order["settings"], "training.epochs": -1, "training.learning_rte": 1, "dataset.image_column": "imge"}

    answer = server.api.post("/api/experiments", json={**order, "settings": bad})
    checked = server.api.post("/api/settings/check", json={**order, "settings": bad})

    assert answer.status_code == 422
    paths = {finding["path"] for finding in answer.json()["findings"]}
    assert {"training.epochs", "training.learning_rte"} <= paths
    assert {finding["path"] for finding in checked.json()["findings"]} == paths
    assert server.api.get("/api/experiments").json()["total"] == 0


def test_weights_that_cannot_be_had_are_told_before_the_start(server: Any, order: dict[str, Any]) -> None:
    def check(**changes: Any) -> dict[str, Any]:
        settings = {**order["settings"], "architecture.pretrained": True, **changes}
        return dict(server.api.post("/api/settings/check", json={**order, "settings": settings}).json())

    missing = check(**{"architecture.backbone": "resnet50"})
    packaged = check(**{"architecture.backbone": "tf_efficientnet_lite0"})

    assert [finding["code"] for finding in missing["findings"]] == ["weights_missing"]
    assert "Pretrained off" in missing["findings"][0]["fix"]
    assert packaged["findings"] == []
    assert {"label": "Initial weights", "value": "pretrained, from an installed package", "unit": None} in packaged[
        "facts"
    ]


def test_a_grid_makes_a_run_a_point(server: Any, order: dict[str, Any]) -> None:
    grid = {"training.learning_rate": [0.01, 0.001]}

    planned = server.api.post("/api/settings/check", json={**order, "grid": grid}).json()["plan"]
    experiment = start(server, order, grid=grid)

    assert planned["runs"] == len(experiment["runs"]) == 2
    assert [run["grid"] for run in experiment["runs"]] == [
        {"training.learning_rate": 0.01},
        {"training.learning_rate": 0.001},
    ]
    server.wait(f"/api/experiments/{experiment['id']}", {"finished"})


def test_yaml_and_settings_come_back_as_they_went_in(server: Any, order: dict[str, Any]) -> None:
    experiment = start(server, order, name="first")
    path = f"/api/experiments/{experiment['id']}"

    text = server.api.get(f"{path}/yaml")
    loaded = server.api.post("/api/settings/load", json={"yaml": text.text}).json()
    settings = server.api.get(f"{path}/settings").json()

    assert text.headers["content-disposition"].startswith('attachment; filename="first.yaml"')
    assert loaded["findings"] == []
    assert loaded["settings"] == settings["settings"]
    assert "architecture.pretrained" in {change["key"] for change in settings["changes"]}


def test_names_tags_and_notes_change_and_an_active_experiment_is_not_deleted(
    make_server: Any, request: pytest.FixtureRequest
) -> None:
    def endless(spec: RunSpec) -> Any:
        yield events.Started(pid=0)
        for _ in range(2000):
            yield events.Heartbeat()

    server = make_server(endless)
    server.executor._pause_seconds = 0.02
    made = server.api.post("/api/examples/image_classification").json()
    dataset = server.wait(f"/api/datasets/{made['id']}", {"ready"})
    document = server.api.get("/api/schema/image_classification", params={"dataset": dataset["id"]}).json()
    order = {
        "problem_type": "image_classification",
        "settings": document["values"] | {"architecture.pretrained": False},
    }
    experiment = start(server, order, name="long")
    path = f"/api/experiments/{experiment['id']}"
    server.wait(path, {"running"})

    changed = server.api.patch(path, json={"name": "longer", "tags": ["a", "b"], "notes": "n"}).json()
    refused = server.api.delete(path)
    used = server.api.delete(f"/api/datasets/{dataset['id']}")
    server.api.post(f"{path}/stop")
    stopped = server.wait(path, {"stopped"})
    resumed = server.api.post(f"{path}/resume").json()
    server.api.post(f"{path}/stop")
    server.wait(path, {"stopped"})

    assert (changed["name"], changed["tags"], changed["notes"]) == ("longer", ["a", "b"], "n")
    assert refused.status_code == used.status_code == 409
    assert used.json()["names"] == ["longer"]
    assert stopped["runs"][0]["history"][-2]["state"] == "stopping"
    assert resumed["state"] in ("queued", "starting")
    folder = server.studio.home.path / "runs" / stopped["runs"][0]["id"]
    assert folder.is_dir()
    assert server.api.delete(path).status_code == 200
    assert not folder.exists()
    assert server.api.get(path).status_code == 404
    assert server.api.delete(f"/api/datasets/{dataset['id']}").status_code == 200


def test_the_hub_tells_what_happened_in_order(server: Any, order: dict[str, Any]) -> None:
    before = server.studio.hub.last_id
    experiment = start(server, order)
    server.wait(f"/api/experiments/{experiment['id']}", {"finished"})
    run = experiment["runs"][0]["id"]

    messages, _ = server.studio.hub.since(before, frozenset({f"run:{run}", "experiments"}))

    words = [message.event for message in messages]
    assert words[-1] == "end"
    points = [message.data for message in messages if message.event == "points"]
    steps = [step for one in points for step, _ in one.series.get("train.loss", ())]
    assert steps == sorted(set(steps)) == list(range(1, 9))
    rows = [message.data for message in messages if message.event == "experiment"]
    assert isinstance(rows[-1], ExperimentRow)
    assert rows[-1].state == "finished"


def test_the_stream_is_an_event_stream_that_ends_with_the_server(server: Any) -> None:
    server.studio.hub.close()

    with server.api.stream("GET", "/api/events", params={"topics": "queue"}) as answer:
        text = "".join(answer.iter_text())

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert text == "retry: 1000\n\n"


def test_a_list_answer_is_packed(server: Any) -> None:
    answer = server.api.get("/api/schema/image_classification", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["problem_type"] == "image_classification"


def test_preferences_keep_what_is_not_named(server: Any) -> None:
    server.api.put("/api/preferences", json={"theme": "dark"})

    kept = server.api.put("/api/preferences", json={"level": "expert"}).json()
    refused = server.api.put("/api/preferences", json={"unheard_of": 1})

    assert (kept["theme"], kept["level"]) == ("dark", "expert")
    assert refused.status_code == 422


def test_pages_that_only_read_answer(server: Any, shapes: dict[str, Any]) -> None:
    for path in ("machine", "queue", "doctor", "about", "help", "examples", "predictions", "import-roots",
                 "reference/image_classification", "problem-types", f"datasets/{shapes['id']}/findings",
                 f"datasets/{shapes['id']}/profile", f"datasets/{shapes['id']}/used-by"):  # fmt: skip
        answer = server.api.get(f"/api/{path}")
        assert answer.status_code == 200, (path, answer.text)
        json.loads(answer.text)


def test_samples_are_paged_and_filtered(server: Any, shapes: dict[str, Any]) -> None:
    path = f"/api/datasets/{shapes['id']}/samples"

    page = server.api.get(path, params={"limit": 5, "offset": 3}).json()
    circles = server.api.get(path, params={"label": "circle", "limit": 200}).json()
    found = server.api.get(path, params={"q": "train_007"}).json()
    media = page["rows"][0]["media"]["path"]
    image = server.api.get(f"/api/datasets/{shapes['id']}/media", params={"path": media, "size": "256"})

    assert (page["total"], len(page["rows"])) == (120, 5)
    assert circles["total"] == 40
    assert [row["title"] for row in found["rows"]] == ["train_007.png"]
    assert image.headers["content-type"] in ("image/jpeg", "image/png")
    assert "immutable" in image.headers["cache-control"]


def test_an_example_is_made_once(server: Any, shapes: dict[str, Any]) -> None:
    again = server.api.post("/api/examples/image_classification").json()

    assert again["id"] == shapes["id"]
    assert len(server.api.get("/api/datasets").json()) == 1


def yaml_of(server: Any, order: dict[str, Any]) -> str:
    return str(server.api.post("/api/settings/yaml", json=order).json()["yaml"])


def test_a_yaml_with_changes_is_started_by_one_request(server: Any, order: dict[str, Any]) -> None:
    body = {"yaml": yaml_of(server, order), "changes": {"training.epochs": 3}, "name": "mine"}
    key = {"Idempotency-Key": "k2"}

    answer = server.api.post("/api/experiments/from-yaml", json=body, headers=key)
    again = server.api.post("/api/experiments/from-yaml", json=body, headers=key)

    assert answer.status_code == 201, answer.text
    experiment = answer.json()["experiment"]
    assert (experiment["name"], again.json()["experiment"]["id"]) == ("mine", experiment["id"])
    settings = server.api.get("/api/experiments/mine/settings").json()["settings"]
    assert settings["training.epochs"] == 3
    assert all(finding["level"] != "error" for finding in answer.json()["findings"])


def test_a_yaml_that_cannot_be_started_gives_every_finding_and_starts_nothing(
    server: Any, order: dict[str, Any]
) -> None:
    text = yaml_of(server, order).replace("epochs:", "epoches:")

    known = server.api.post("/api/experiments/from-yaml", json={"yaml": text})
    unchecked = {"yaml": yaml_of(server, order), "changes": {"dataset.image_column": "imge", "training.epochs": -1}}
    answer = server.api.post("/api/experiments/from-yaml", json=unchecked)
    none = server.api.post("/api/experiments/from-yaml", json={"yaml": "[1"})

    assert (known.status_code, answer.status_code, none.status_code) == (422, 422, 422)
    assert "training.epoches" in {finding["path"] for finding in known.json()["findings"]}
    assert "training.epochs" in {finding["path"] for finding in answer.json()["findings"]}
    assert (answer.json()["error"]["code"], none.json()["error"]["code"]) == ("not_startable", "settings")
    assert server.api.get("/api/experiments").json()["total"] == 0
