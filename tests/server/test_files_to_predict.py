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


def sent(server: Any, name: str, content: bytes) -> str:
    upload = server.api.post("/api/uploads", json={"name": name, "size": len(content)}).json()["id"]
    server.api.put(f"/api/uploads/{upload}", params={"offset": 0}, content=content)
    return str(upload)


def packed(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return archive.getvalue()


def picture_of(folder: Path) -> bytes:
    return (folder / "media" / "circle.png").read_bytes()


def test_a_table_with_other_columns_is_refused_with_an_offer_that_the_next_order_takes(
    server: Any, model: str, folder: Path
) -> None:
    files = {"mine.csv": b"picture,Image File\nfirst,circle.png\n", "media/circle.png": picture_of(folder)}
    upload = sent(server, "mine.zip", packed(files))

    refused = server.api.post("/api/predictions", json={"run_id": model, "upload_id": upload})

    assert refused.status_code == 422, refused.text
    [finding] = refused.json()["findings"]
    assert (finding["code"], finding["path"], finding["expected"]) == ("missing_column", "mine.csv", "image")
    assert finding["found"] == "picture, Image File"
    offer = refused.json()["columns"]
    assert (offer["table"], offer["columns"]) == ("mine.csv", ["picture", "Image File"])
    [image] = [one for one in offer["roles"] if one["role"] == "image_column"]
    assert image == {"role": "image_column", "trained": ["image"], "suggested": ["Image File"], "is_required": True}

    order = {"run_id": model, "upload_id": upload, "columns": {"image_column": "Image File"}}
    taken = server.api.post("/api/predictions", json=order)

    assert taken.status_code == 201, taken.text
    ordered = server.studio.store.runs.get(taken.json()["id"]).spec.predict
    assert (ordered.columns, ordered.table_name) == ({"image_column": ["Image File"]}, "mine.csv")


def test_columns_that_the_table_lacks_and_roles_that_the_model_lacks_are_named(
    server: Any, model: str, folder: Path
) -> None:
    upload = sent(server, "mine.zip", packed({"mine.csv": b"image\ncircle.png\n", "circle.png": picture_of(folder)}))

    columns = {"image_column": "photo", "words": "image"}
    refused = server.api.post("/api/predictions", json={"run_id": model, "upload_id": upload, "columns": columns})

    assert [(one["code"], one["found"]) for one in refused.json()["findings"]] == [
        ("unknown_role", "words"),
        ("missing_column", "image"),
    ]


def test_a_zip_of_images_is_called_what_its_owner_calls_it(server: Any, model: str, folder: Path) -> None:
    pictures = {f"{name}.png": picture_of(folder) for name in "ab"}

    taken = server.api.post(
        "/api/predictions", json={"run_id": model, "upload_id": sent(server, "holiday.zip", packed(pictures))}
    )

    assert taken.status_code == 201, taken.text
    assert taken.json()["table"] == "holiday.zip"
    assert kept(server, taken.json()) == ["files/a.png", "files/b.png"]
    assert list((server.studio.home.path / "imports").iterdir()) == []
