"""A scoring pipeline is whole or absent, and a stop during its making harms nothing. Trains one small model."""

import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.reliability.harness import Server, end_all, wait_for
from tests.support.requirements import covers

pytestmark = pytest.mark.trust


@covers("F7", "I11")
@pytest.mark.parametrize("place", ["pipeline_half", "pipeline_before_rename"])
def test_a_killed_export_leaves_no_zip_and_the_next_one_works(trained: tuple[Path, str, str], place: str) -> None:
    """The process that packs dies amidst it, and the server with it."""
    base, _, id = trained
    server = Server(base / "home", fail=f"{place}:kill", has_stub=False).ready()
    status, refused = server.ask("POST", f"/api/runs/{id}/pipeline", timeout=120)
    server.kill()

    assert (status, refused["error"]["code"]) == (400, "pipeline")
    again = Server(base / "home", has_stub=False).ready()
    try:
        pipeline = next(one for one in again.call("GET", f"/api/runs/{id}/files") if one["kind"] == "pipeline")
        assert not pipeline["ready"]
        assert again.ask("GET", f"/api/runs/{id}/files/pipeline.zip")[0] == 404
        again.call("POST", f"/api/runs/{id}/pipeline", timeout=120)
        path = base / "home" / "runs" / id / "pipeline.zip"
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert "score.py" in archive.namelist()
        path.unlink()
    finally:
        end_all([again])


@covers("F57")
def test_a_stop_during_an_export_changes_neither(trained: tuple[Path, str, str]) -> None:
    base, experiment, id = trained
    server = Server(base / "home", has_stub=False).ready()
    try:
        packing = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "studio.cli",
                "export",
                experiment,
                "-o",
                str(base / "p.zip"),
                "--home",
                str(server.home),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        server.call("POST", f"/api/experiments/{experiment}/stop")
        packing.communicate(timeout=120)

        assert packing.returncode == 0
        assert server.run(id)["state"] == "finished"
        assert zipfile.ZipFile(base / "p.zip").testzip() is None
    finally:
        end_all([server])


@covers("F58", "F9")
def test_a_prediction_holds_its_dataset_and_its_deletion_is_finished_after_a_kill(
    trained: tuple[Path, str, str],
) -> None:
    base, experiment, _ = trained
    server = Server(base / "home", fail="prediction_entombed:kill", has_stub=False).ready()
    [dataset] = server.call("GET", "/api/datasets")
    made = server.call(
        "POST", "/api/predictions", {"experiment": experiment, "dataset_id": dataset["id"], "name": "held"}
    )

    used = server.ask("DELETE", f"/api/experiments/{experiment}")

    assert used[0] == 409
    assert used[1]["names"] == ["held"]
    path = f"/api/predictions/{made['id']}"
    wait_for(lambda: server.call("GET", path)["state"] == "finished", 120)
    with pytest.raises(OSError):  # noqa: PT011 -- whatever a dead server looks like
        server.call("DELETE", path)
    assert server.process.wait(20) == -signal.SIGKILL
    again = Server(base / "home", has_stub=False).ready()
    try:
        assert again.ask("GET", path)[0] == 404
        assert again.call("GET", "/api/predictions") == []
        assert list((base / "home" / "predictions").iterdir()) == []
    finally:
        end_all([again])
