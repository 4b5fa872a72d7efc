"""B67 to B70: where a secret is, and what an error tells. The secret is a tracker's token given to a training."""

import base64
import io
import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.security.black_box import BlackBox
from tests.security.conftest import AMBIENT, SENTINEL, Trained

FORMS = (
    SENTINEL.encode(),
    base64.b64encode(SENTINEL.encode()).rstrip(b"="),
    base64.urlsafe_b64encode(SENTINEL.encode()).rstrip(b"="),
    quote(SENTINEL, safe="").encode(),
    quote_plus(SENTINEL).encode(),
    json.dumps(SENTINEL)[1:-1].encode(),
)


def holds_secret(data: bytes) -> bool:
    return any(form in data for form in FORMS)


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_b67_a_secret_is_nowhere_on_disk_in_clear_and_the_home_is_private(box: BlackBox, trained: Trained) -> None:
    """It is never given back at all, so there are no last four letters to show."""
    assert list((box.home / "secrets").glob("*.secret"))
    assert not [path for path in files_below(box.home.parent) if holds_secret(path.read_bytes())]
    assert stat.S_IMODE(box.home.stat().st_mode) == 0o700
    assert [path for path in box.home.rglob("*") if is_open_to_others(path)] == []


def is_open_to_others(path: Path) -> bool:
    """Whether others could read it if they came as far; what the tests themselves put there does not count."""
    is_ours = path.name in ("canary", "sibling") or path.suffix in (".svg", ".html", ".pdf", ".js", ".tmp")
    is_ours = is_ours or path.name in ("x.png", "plain.png", "flip.png") or "evil" in str(path) or path.name == "team"
    return not path.is_symlink() and not is_ours and bool(path.stat().st_mode & 0o077)


def test_b67_b68_no_answer_export_or_log_holds_a_secret(box: BlackBox, trained: Trained) -> None:
    run, experiment = trained.run["id"], trained.experiment["id"]
    info = box.api("POST", f"/api/runs/{run}/pipeline")
    names = [one["name"] for one in box.api("GET", f"/api/runs/{run}/files")]
    paths = [
        f"/api/experiments/{experiment}", f"/api/experiments/{experiment}/yaml",
        f"/api/experiments/{experiment}/settings",
        f"/api/runs/{run}", f"/api/runs/{run}/log?limit=5000", f"/api/runs/{run}/log/download", "/api/preferences",
        *(f"/api/runs/{run}/files/{name}" for name in {*names, info["name"]}),
    ]  # fmt: skip

    for path in paths:
        reply = box.call("GET", path)
        assert reply.status == 200, path
        assert not holds_secret(reply.body), path
        if reply.body[:2] == b"PK":
            assert not [name for name, data in members(reply.body) if holds_secret(data)], path
    assert "pipeline.zip" in {name.rpartition("/")[2] for name in {*names, info["name"]}}


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            inner = archive.read(name)
            yield name, inner
            if inner[:2] == b"PK":
                yield from members(inner)


def test_b68_what_goes_to_the_tracker_holds_no_secret(box: BlackBox, trained: Trained) -> None:
    """Neptune's client is offline by design: its payload is the files that it would send."""
    folder = box.home / "runs" / trained.run["id"]
    payload = [path for path in files_below(folder) if "neptune" in str(path.relative_to(folder)).lower()]

    assert payload
    assert not [path for path in payload if holds_secret(path.read_bytes())]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="B69: environments of processes are read from /proc")
def test_b69_no_process_shows_a_secret(trained: Trained) -> None:
    assert len(trained.processes) > 1
    for text in trained.processes:
        assert not holds_secret(text.encode()), text.partition("\n")[0]
    assert AMBIENT in "".join(trained.processes)


def test_b70_errors_show_no_trace_no_path_and_no_statement(spare: BlackBox) -> None:
    """Files of the home are damaged from outside, so that every router meets what it does not expect."""
    dataset = spare.example("text_regression")
    folder = spare.home / "datasets" / dataset["id"]
    for path in files_below(folder):
        path.write_bytes(b"\xff{not what it was")
    replies = [
        spare.call("GET", f"/api/datasets/{dataset['id']}/{what}")
        for what in ("profile", "findings", "samples", "media?path=x", "used-by")
    ]
    replies += [
        spare.call("GET", f"/api/schema/text_regression?dataset={dataset['id']}"),
        spare.call("POST", "/api/settings/check", {"problem_type": "text_regression", "settings": {
            "general.dataset": dataset["name"]}}),
        spare.call("POST", "/api/predictions", {"experiment": "x", "dataset_id": dataset["id"]}),
        spare.call("GET", "/api/runs/x"), spare.call("GET", "/api/previews/prev-x/media?path=y"),
    ]  # fmt: skip
    failed = [reply for reply in replies if reply.status >= 400]

    assert len(failed) >= 5
    for reply in failed:
        for word in ("Traceback", 'File "', str(spare.home), "/studio/", "SELECT", "sqlite", "site-packages"):
            assert word not in reply.text, reply.text
        assert reply.json()["error"]["message"]
        if reply.status == 500:
            assert reply.json()["error"]["id"] in (spare.home / "logs" / "server.log").read_text()
