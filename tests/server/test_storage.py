"""What takes room is told, and what nothing reads any more goes when asked."""

import json
from pathlib import Path
from typing import Any


def checkpoint(server: Any, run: str) -> Path:
    """As an earlier version left it: with the optimizer's state of a finished run."""
    folder: Path = server.studio.home.path / "runs" / run / "checkpoints" / "ckpt-10"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(1_000))
    (folder / "optimizer.safetensors").write_bytes(bytes(50_000))
    files = {"model.safetensors": {"size": 1_000}, "optimizer.safetensors": {"size": 50_000}}
    (folder / "manifest.json").write_text(json.dumps({"step": 10, "files": files}))
    return folder


def test_optimizer_states_of_finished_runs_are_counted_and_go_when_asked(server: Any, order: dict[str, Any]) -> None:
    made = server.api.post("/api/experiments", json={**order, "name": "first"}).json()
    [run] = server.wait("/api/experiments/first", {"finished"})["runs"]
    folder = checkpoint(server, run["id"])

    before = server.api.get("/api/storage").json()

    [first] = before["experiments"]
    assert first["experiment"] == {"id": made["id"], "name": "first"}
    assert 51_000 < first["size_bytes"] == before["experiments_bytes"]
    assert before["total_bytes"] >= before["experiments_bytes"] + before["datasets_bytes"]
    assert before["datasets_bytes"] > 0
    assert (before["freeable_bytes"], before["freeable_runs"]) == (50_000, 1)

    assert server.api.post("/api/storage/clean-up").json() == {"freed_bytes": 50_000, "files": 1, "runs": 1}

    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "model.safetensors"]
    assert list(json.loads((folder / "manifest.json").read_text())["files"]) == ["model.safetensors"]
    assert server.api.get("/api/storage").json()["freeable_bytes"] == 0


def test_a_damaged_checkpoint_is_left_as_it_is(server: Any, order: dict[str, Any]) -> None:
    server.api.post("/api/experiments", json={**order, "name": "first"})
    [run] = server.wait("/api/experiments/first", {"finished"})["runs"]
    folder = checkpoint(server, run["id"])
    (folder / "manifest.json").write_text("{")

    assert server.api.post("/api/storage/clean-up").json() == {"freed_bytes": 0, "files": 0, "runs": 0}
    assert (folder / "optimizer.safetensors").is_file()
