"""What is predicted on is looked at once and moved to its prediction: an upload, or a path that is allowed."""

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROWS = "image,label\ncircle.png,circle\n"
Opened = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table and the one image that it names."""
    made = tmp_path / "allowed" / "new"
    (made / "media").mkdir(parents=True)
    (made / "new.csv").write_text(ROWS)
    (made / "media" / "circle.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    return made


@pytest.fixture
def server(make_server: Callable[..., Any], tmp_path: Path) -> Any:
    """One that may import from a folder."""
    (tmp_path / "allowed").mkdir()
    return make_server(import_roots=(tmp_path / "allowed",))


@pytest.fixture
def model(server: Any, order: dict[str, Any]) -> str:
    """A finished run with a model."""
    server.api.post("/api/experiments", json={**order, "name": "first"})
    [run] = server.wait("/api/experiments/first", {"finished"})["runs"]
    bundle = server.studio.home.path / "runs" / run["id"] / "bundle"
    bundle.mkdir(exist_ok=True)
    (bundle / "bundle.json").write_text("{}")
    return str(run["id"])


def kept(server: Any, prediction: dict[str, Any]) -> list[str]:
    root = server.studio.home.path / "predictions" / prediction["id"] / "input"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("how", ["upload", "path"])
def test_files_that_were_unpacked_are_moved_not_copied(
    server: Any, model: str, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    source = {"path": str(folder)}
    if how == "upload":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in ("new.csv", "media/circle.png"):
                archive.write(folder / path, path)
        upload = server.api.post("/api/uploads", json={"name": "new.zip", "size": len(packed.getvalue())}).json()["id"]
        server.api.put(f"/api/uploads/{upload}", params={"offset": 0}, content=packed.getvalue())
        source = {"upload_id": upload}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a file is copied")

    for name in ("copytree", "copyfile", "copy", "copy2", "copyfileobj"):
        monkeypatch.setattr(shutil, name, refuse)
    answer = server.api.post("/api/predictions", json={"run_id": model, **source})
    monkeypatch.undo()

    assert answer.status_code == 201, answer.text
    *files, parsed = kept(server, answer.json())
    assert files == ["files/media/circle.png", "files/new.csv"]
    assert parsed.startswith("parsed/"), "the worker would read the table again"
    assert (folder / "media" / "circle.png").is_file()
    assert list((server.studio.home.path / "imports").iterdir()) == []


def test_a_path_that_is_not_allowed_is_refused(server: Any, model: str, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(ROWS)

    outside = server.api.post("/api/predictions", json={"run_id": model, "path": str(tmp_path / "other.csv")})
    both = server.api.post("/api/predictions", json={"run_id": model, "path": "/x", "upload_id": "y"})
    none = server.api.post("/api/predictions", json={"run_id": model})

    assert (outside.status_code, both.status_code, none.status_code) == (404, 400, 400)
    assert "may be imported from" in outside.json()["error"]["message"]
    assert list((server.studio.home.path / "predictions").iterdir()) == []


def test_what_a_prediction_drew_is_shown_and_nothing_beside_it(
    server: Any, model: str, folder: Path, shapes: dict[str, Any]
) -> None:
    made = server.api.post("/api/predictions", json={"run_id": model, "dataset_id": shapes["id"], "table": "test.csv"})
    assert made.status_code == 201, made.text
    own = server.studio.home.path / "predictions" / made.json()["id"]
    drawn = own / "insights" / "media" / "test-heatmap-1.png"
    drawn.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "media" / "circle.png", drawn)
    (own / "insights" / "test.txt").write_text("x")
    address = f"/api/predictions/{made.json()['id']}/media"

    def status(path: str, origin: str) -> int:
        return int(server.api.get(address, params={"path": path, "origin": origin}).status_code)

    assert server.api.get(address, params={"path": "insights/media/test-heatmap-1.png", "origin": "run"}).content == (
        drawn.read_bytes()
    )
    assert status("insights/media/test-heatmap-1.png", "dataset") == 404
    assert status("spec.json", "run") == 404
    assert status("../../studio.db", "run") == 404
