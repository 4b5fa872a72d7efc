"""Uploads are raw and resumable; what they bring is judged by its bytes; B27, B47, B50."""

import io
import os
import pickle
import threading
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.requests import ClientDisconnect

from studio.errors import NotFoundError
from studio.server.raw_body import TooSlowError, pieces
from tests.support.requirements import covers

DATA = bytes(range(256)) * 1000


def send(server: Any, name: str, data: bytes) -> str:
    upload = server.api.post("/api/uploads", json={"name": name, "size": len(data)}).json()
    answer = server.api.put(f"/api/uploads/{upload['id']}", params={"offset": 0}, content=data)
    assert answer.json()["offset"] == len(data), answer.text
    return str(upload["id"])


def test_a_broken_upload_goes_on_where_it_was(server: Any) -> None:
    upload = server.api.post("/api/uploads", json={"name": "a.zip", "size": len(DATA)}).json()
    path = f"/api/uploads/{upload['id']}"

    server.api.put(path, params={"offset": 0}, content=DATA[:100_000])
    wrong = server.api.put(path, params={"offset": 50}, content=DATA)
    at = server.api.get(path).json()["offset"]
    done = server.api.put(path, params={"offset": at}, content=DATA[at:])

    assert wrong.status_code == 409
    assert wrong.json()["offset"] == at == 100_000
    assert done.json()["offset"] == len(DATA)
    assert server.studio.home.upload(upload["id"]).read_bytes() == DATA


def test_more_bytes_than_announced_are_refused(server: Any) -> None:
    upload = server.api.post("/api/uploads", json={"name": "a.zip", "size": 10}).json()

    answer = server.api.put(f"/api/uploads/{upload['id']}", params={"offset": 0}, content=b"x" * 11)

    assert answer.status_code == 409


def test_an_upload_that_does_not_fit_is_refused_with_numbers(make_server: Any) -> None:
    server = make_server(reserve_bytes=1 << 60)

    answer = server.api.post("/api/uploads", json={"name": "a.zip", "size": 10})

    assert answer.status_code == 507
    assert "MB" in answer.json()["error"]["message"]


def test_an_upload_without_a_byte_for_an_hour_is_swept_while_the_server_runs(server: Any) -> None:
    """B80: one that is whole waits for its import, and one that goes on is left alone."""
    whole = send(server, "whole.csv", DATA)
    old, young = (server.api.post("/api/uploads", json={"name": "a.zip", "size": 10}).json()["id"] for _ in range(2))
    folder = server.studio.home.path / "uploads"
    (folder / "up-unknown").write_bytes(b"x")
    hours_ago = time.time() - 2 * 3600
    for name in (whole, old, "up-unknown"):
        os.utime(folder / name, (hours_ago, hours_ago))

    server.studio.uploads.clean()

    assert {path.name for path in folder.iterdir()} == {whole, young}
    assert server.api.get(f"/api/uploads/{old}").status_code == 404
    assert server.api.get(f"/api/uploads/{whole}").json()["offset"] == len(DATA)


@pytest.mark.parametrize("name", ["../a.zip", "a/b.zip", "a\\b.zip", "a\x00.zip", "a\r\nX: 1", ""])
def test_names_are_plain(server: Any, name: str) -> None:
    assert server.api.post("/api/uploads", json={"name": name, "size": 1}).status_code == 422


@pytest.mark.parametrize("ending", [".pt", ".pth", ".pkl", ".npy", ".npz", ".joblib", ".bin", ".h5", ".zip", ".csv"])
def test_a_pickle_is_refused_before_anything_opens_it(server: Any, tmp_path: Path, ending: str) -> None:
    """B47, under every name."""
    mark = tmp_path / "pwned"

    class Harm:
        def __reduce__(self) -> object:
            return (Path.touch, (mark,))

    upload = send(server, f"weights{ending}", pickle.dumps(Harm()))

    answer = server.api.post("/api/imports", json={"upload_id": upload})

    assert answer.status_code == 422
    assert not mark.exists()


@pytest.mark.parametrize("start", [b"\x1f\x8b\x08\x00", b"\x93NUMPY\x01\x00", b"\x89HDF\r\n"])
def test_other_kinds_are_refused_with_what_to_use(server: Any, start: bytes) -> None:
    upload = send(server, "data.zip", start + b"\x00" * 600)

    answer = server.api.post("/api/imports", json={"upload_id": upload})

    assert answer.status_code == 422
    assert "zip" in answer.json()["error"]["hint"]


@pytest.mark.parametrize("name", ["../slip.csv", "/slip.csv", "a\\..\\..\\slip.csv"])
def test_a_zip_that_writes_outside_is_refused_whole(server: Any, tmp_path: Path, name: str) -> None:
    """B27."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("train.csv", "image,label\na.png,x\n")
        archive.writestr(name, "slipped")
    draft = server.api.post("/api/imports", json={"upload_id": send(server, "data.zip", packed.getvalue())}).json()

    failed = server.wait(f"/api/imports/{draft['id']}", {"failed", "ready"})

    assert failed["state"] == "failed"
    assert "slip" in failed["error"]["message"]
    assert not list(tmp_path.rglob("slip.csv"))
    assert not list(server.studio.home.import_folder(draft["id"]).rglob("train.csv"))


@pytest.mark.parametrize(
    "text",
    [
        'a: !!python/object/apply:os.system ["touch {mark}"]',
        "a: !!python/object/new:type {{}}",
        "a: !include x",
        "a: !ENV x",
    ],
)
def test_yaml_tags_are_refused_with_their_line(server: Any, tmp_path: Path, text: str) -> None:
    """B50."""
    mark = tmp_path / "pwned"

    answer = server.api.post("/api/settings/load", json={"yaml": "b: 1\n" + text.format(mark=mark)})

    assert answer.status_code == 422
    assert answer.json()["findings"][0]["line"] == 2
    assert not mark.exists()


@covers("F122")
def test_an_upload_that_is_deleted_while_it_is_sent_is_told_so_and_leaves_nothing(server: Any) -> None:
    upload = server.api.post("/api/uploads", json={"name": "a.zip", "size": 100}).json()["id"]
    gate = threading.Event()

    async def sending() -> AsyncIterator[bytes]:
        yield b"x" * 10
        while not gate.is_set():
            await anyio.sleep(0.01)
        yield b"x" * 90

    sent = server.api.portal.start_task_soon(server.studio.uploads.append, upload, 0, sending())
    time.sleep(0.1)
    path = f"/api/uploads/{upload}"
    second = server.api.put(path, params={"offset": 0}, content=b"x")
    deleted = server.api.delete(path)
    gate.set()

    with pytest.raises(NotFoundError, match="was deleted"):
        sent.result(20)
    assert (second.status_code, deleted.status_code) == (409, 200)
    assert server.api.put(path, params={"offset": 0}, content=b"x").status_code == 404
    assert server.api.delete(path).status_code == 404
    assert not server.studio.home.upload(upload).exists()


@covers("F122")
def test_a_sender_that_stalls_or_leaves_keeps_what_is_durable_and_gives_the_upload_back(server: Any) -> None:
    upload = server.api.post("/api/uploads", json={"name": "a.zip", "size": 100}).json()["id"]

    async def stalling() -> AsyncIterator[bytes]:
        yield b"x" * 10
        await anyio.sleep(60)

    async def leaving() -> AsyncIterator[bytes]:
        yield b"x" * 20
        raise ClientDisconnect

    async def stalled() -> None:
        await server.studio.uploads.append(upload, 0, pieces(stalling(), 0.1))

    with pytest.raises(TooSlowError):
        server.api.portal.call(stalled)
    assert server.api.get(f"/api/uploads/{upload}").json()["offset"] == 10
    with pytest.raises(ClientDisconnect):
        server.api.portal.call(server.studio.uploads.append, upload, 10, leaving())
    assert server.api.get(f"/api/uploads/{upload}").json()["offset"] == 30
    done = server.api.put(f"/api/uploads/{upload}", params={"offset": 30}, content=b"x" * 70)
    assert done.json()["offset"] == 100


@covers("F122")
def test_an_upload_whose_file_is_gone_is_not_found(server: Any) -> None:
    upload = server.api.post("/api/uploads", json={"name": "a.zip", "size": 10}).json()["id"]
    server.studio.home.upload(upload).unlink()

    answer = server.api.put(f"/api/uploads/{upload}", params={"offset": 0}, content=b"x" * 10)

    assert answer.status_code == 404
