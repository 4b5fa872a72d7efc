"""B27 to B34: archives, tables and pictures that want more than it seems. All is parsed in a child with limits."""

import io
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.security.black_box import CANARY, BlackBox, disk_bytes
from tests.security.hostile import (
    expanding_zip,
    linking_zip,
    lying_zip,
    nested_zip,
    overlap_zip,
    packed,
    parquet_bomb,
    picture,
    png_bomb,
    twice_named_zip,
)
from tests.support.requirements import covers

MIB = 1 << 20


@dataclass
class Peak:
    """The largest memory that was seen of the server, and of any one process that it started meanwhile for itself."""

    server: int = 0
    child: int = 0


@contextmanager
def watched(box: BlackBox) -> Iterator[Peak]:
    """Looks at the memory of the server and its children, many times a second."""
    peak, ended, server = Peak(), threading.Event(), psutil.Process(box.pid)
    old = set(server.children(recursive=True))

    def look() -> None:
        while not ended.wait(0.02):
            peak.server = max(peak.server, server.memory_info().rss)
            for child in set(server.children(recursive=True)) - old:
                try:
                    # Workers are forked: most of what is resident they share with the launcher.
                    peak.child = max(peak.child, child.memory_full_info().uss)
                except psutil.Error:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


@pytest.fixture(scope="module")
def usual(box: BlackBox) -> Peak:
    """What looking at harmless data takes."""
    with watched(box) as peak:
        _, found = box.looked_at("plain.zip", packed({"train.csv": "a,b\n1,x\n2,y\n"}))
    assert found["state"] == "ready"
    return peak


@dataclass(frozen=True)
class Bad:
    """A hostile upload, and what the refusal must say."""

    build: Callable[[Path], bytes]
    words: str
    name: str = "data.zip"


ARCHIVES = [
    pytest.param(Bad(lambda _: packed({"a.csv": "a\n1\n", "../slip.csv": "x"}), "../slip.csv"), id="B27-up"),
    pytest.param(Bad(lambda _: packed({"a.csv": "a\n1\n", "/slip.csv": "x"}), "/slip.csv"), id="B27-root"),
    pytest.param(Bad(lambda _: packed({"a.csv": "a\n1\n", "a\\..\\..\\slip.csv": "x"}), "slip.csv"), id="B27-windows"),
    pytest.param(Bad(linking_zip, "media"), id="B27-link"),
    pytest.param(Bad(lambda _: expanding_zip(), "expands"), id="B29-expanding"),
    pytest.param(Bad(lambda _: overlap_zip(), "overlaps"), id="B29-overlap"),
    pytest.param(Bad(lambda _: nested_zip(), "archive inside the archive"), id="B29-nested"),
    pytest.param(Bad(lambda _: twice_named_zip(), "same name"), id="B30-twice"),
    pytest.param(Bad(lambda _: packed({"A.csv": "a\n1\n", "a.csv": "a\n1\n"}), "same name"), id="B30-case"),
    pytest.param(Bad(lambda _: lying_zip(), "differ"), id="B30-lying"),
]


@pytest.mark.parametrize("bad", ARCHIVES)
def test_a_hostile_archive_is_refused_whole_and_cheaply(box: BlackBox, usual: Peak, tmp_path: Path, bad: Bad) -> None:
    """The times are looser than five seconds, because two cores are shared with the other tests."""
    data = bad.build(tmp_path / "slipped")
    before = disk_bytes(box.home)

    with watched(box) as peak:
        began = time.monotonic()
        reply, found = box.looked_at(bad.name, data)
        seconds = time.monotonic() - began

    assert reply.status == 422 or found["state"] == "failed", found
    error = reply.json()["error"] if not found else found["error"]
    assert bad.words in error["message"], error
    assert seconds < 15
    assert peak.child < usual.child + 100 * MIB
    assert peak.server < usual.server + 100 * MIB
    for folder in (box.home.parent, tmp_path):
        assert not [path for path in folder.rglob("*") if path.name in ("slip.csv", "slipped", "through.csv")]
    if found:
        unpacked = box.home / "imports" / found["id"] / "files"
        assert {path.name for path in unpacked.rglob("*")} <= {"inner.zip"}
        box.api("DELETE", f"/api/imports/{found['id']}")
    assert disk_bytes(box.home) < before + MIB + (len(data) if not found else 0)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.tar", b"train.csv" + b"\0" * 248 + b"ustar\x0000" + b"\0" * 500), ("a.tgz", b"\x1f\x8b\x08\0" + b"\0" * 99),
     ("a.zip", b"train.csv" + b"\0" * 248 + b"ustar\x0000" + b"\0" * 500)],
    ids=["tar", "tgz", "renamed"],
)  # fmt: skip
def test_b28_tar_is_not_taken_and_zip_is_named(box: BlackBox, name: str, start: bytes) -> None:
    reply, _ = box.looked_at(name, start)

    assert reply.status in (415, 422)
    assert "zip" in reply.json()["error"]["hint"].lower()


@covers("F44")
def test_b31_hostile_parquet_ends_the_child_and_not_the_server(box: BlackBox, usual: Peak) -> None:
    """The dictionary bomb and forged counts here; thousands of mutations in test_fuzzing.py, without a server."""
    bomb = parquet_bomb()
    forged = bytearray(bomb)
    forged[-60:-20] = b"\xff" * 40
    assert len(bomb) < 20_000

    for data in (bomb, bytes(forged)):
        with watched(box) as peak:
            reply, found = box.looked_at("table.parquet", data)
        assert reply.status == 422 or found["state"] == "failed", found
        assert peak.server < usual.server + 50 * MIB
        error = found["error"] if found else reply.json()["error"]
        assert error["message"]
        assert error["hint"]
        assert box.call("GET", "/api/health").status == 200
        assert box.call("GET", "/api/datasets").status == 200


def bombs_and_pictures() -> bytes:
    files: dict[str, bytes | str] = {f"images/{number}.png": picture(number) for number in range(8)}
    files["images/wide.png"] = png_bomb(12_000, 12_000)
    files["images/huge.png"] = png_bomb(50_000, 50_000)
    return packed({**files, "train.csv": table([*(f"{number}.png" for number in range(8)), "wide.png", "huge.png"])})


def table(names: list[str]) -> str:
    return "image,label\n" + "".join(f"{name},{'ab'[number % 2]}\n" for number, name in enumerate(names))


def inspected(box: BlackBox, data: bytes, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A dataset of an upload, as image classification, and what the inspection found."""
    _, draft = box.looked_at("images.zip", data)
    assert draft["state"] == "ready", draft["error"]
    choices = {**draft["choices"], "problem_type": "image_classification", "format": "table", "train": "train.csv"}
    choices["roles"] = {"image_column": "image", "label_columns": ["label"]}
    made = box.api("POST", f"/api/imports/{draft['id']}/finish", {"name": name, "choices": choices})
    path = f"/api/datasets/{made['id']}"
    dataset = box.wait(path, lambda one: one["state"] in ("ready", "failed"))
    return dataset, box.api("GET", f"{path}/findings")


def test_b32_an_image_bomb_is_a_bad_row(box: BlackBox, usual: Peak) -> None:
    data = bombs_and_pictures()
    assert len(data) < MIB

    with watched(box) as peak:
        dataset, findings = inspected(box, data, "bombs")

    assert dataset["state"] == "ready", dataset["error"]
    too_large = next(one for one in findings if one["code"] == "image_too_large")
    assert too_large["count"] == 2
    assert dataset["tables"][0]["rows"] == 8
    assert peak.child < usual.child + 200 * MIB
    assert peak.server < usual.server + 50 * MIB


def test_b33_dangerous_formats_under_an_innocent_name_are_not_opened(box: BlackBox, canary: Path) -> None:
    """Also that no Ghostscript is started for an EPS, and that an m3u8 (B34) is neither read nor followed."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(canary) (r) file\nshowpage\n"
    icon, fits = io.BytesIO(), b"SIMPLE  =                    T".ljust(2880)
    Image.fromarray(np.zeros((16, 16, 4), np.uint8)).save(icon, "ICNS")
    bad = {
        "eps.png": postscript,
        "psd.png": b"8BPS\0\1" + b"\0" * 200,
        "fits.png": fits,
        "icns.png": icon.getvalue(),
        "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        "list.png": f"#EXTM3U\n#EXTINF:1,\nfile://{canary}\n".encode(),
    }
    good = {f"{number}.png": picture(number) for number in range(8)}
    files: dict[str, bytes | str] = {f"images/{name}": data for name, data in {**good, **bad}.items()}
    started: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            for process in box.tree():
                try:
                    started.add(process.name())
                except psutil.Error:
                    continue

    thread = threading.Thread(target=look)
    thread.start()
    dataset, findings = inspected(box, packed({**files, "train.csv": table([*good, *bad])}), "dangerous")
    ended.set()
    thread.join()

    assert dataset["state"] == "ready", dataset["error"]
    assert dataset["tables"][0]["rows"] == len(good)
    unsupported = next(one for one in findings if one["code"] == "image_unsupported")
    assert unsupported["count"] == len(bad)
    assert not {"gs", "ghostscript"} & started
    assert shutil.which("gs") is None or started


@pytest.mark.parametrize("name", ["list.m3u8", "movie.mp4", "sound.mp3"])
def test_b34_playlists_are_refused_whatever_they_are_called(box: BlackBox, canary: Path, name: str) -> None:
    """No problem type reads video or audio yet: nothing of the kind is taken, and nothing it names is opened."""
    reply, _ = box.looked_at(name, f"#EXTM3U\n#EXTINF:1,\nfile://{canary}\nhttp://127.0.0.2:9901/x\n".encode())

    assert reply.status in (415, 422)
    assert CANARY not in reply.text
