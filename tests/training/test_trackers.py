"""Trackers: everything but secrets, offline, and never at the cost of the run."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from studio.files import write_json
from studio.runs.folder import RunFolder
from studio.training.processes.handed_secrets import take_secrets

if TYPE_CHECKING:
    from .conftest import Work

if importlib.util.find_spec("neptune") is None:
    pytest.skip("the optional extra neptune is not installed", allow_module_level=True)
NEPTUNE = {"logging.logger": "Neptune", "logging.neptune_project": "team/shapes", "training.epochs": 1}
TOKEN = "token-that-nobody-may-see"


def recorded(folder: Path) -> dict[str, Any]:
    """The last value of every field that the client wrote, and all points of series."""
    found: dict[str, Any] = {}
    for log in folder.rglob("data-*.log"):
        decoder, text = json.JSONDecoder(), log.read_text()
        while text := text.strip("\x00 \n"):
            entry, end = decoder.raw_decode(text)
            text = text[end:]
            operation = entry["obj"]
            name = "/".join(operation["path"])
            if "values" in operation and "value" not in operation:
                found.setdefault(name, []).extend(operation["values"])
            else:
                found[name] = operation.get("value")
    return found


def hand_over(folder: Path) -> None:
    RunFolder.create(folder)
    write_json(folder / "secrets.json", {"logging.neptune_api_token": TOKEN})
    (folder / "secrets.json").chmod(0o600)


def test_series_settings_and_final_figures_are_recorded(work: "Work") -> None:
    done = work(settings={**NEPTUNE, "environment.number_of_workers": 1}, threads=2)

    found = recorded(done.folder / "neptune")
    finished = done.of_kind("finished")[0]
    assert done.code == 0
    assert [(one["step"], one["value"]) for one in found["train/loss"]] == done.series("train.loss")
    assert found["settings/training/batch_size"] == 16
    assert found["final/validation/loss"] == pytest.approx(finished.metrics["validation"]["loss"])
    assert not any("token" in name for name in found)
    assert (done.folder / "neptune").stat().st_mode & 0o777 == 0o700


def test_the_token_is_read_once_and_written_nowhere(work: "Work", tmp_path: Path) -> None:
    prepared = work("run", {**NEPTUNE, "training.epochs": 0})
    hand_over(prepared.folder)

    done = work("run", attempt=2, fence=2)

    assert done.code == 0
    assert not (done.folder / "secrets.json").exists()
    holding = [path for path in done.folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert holding == []


def test_the_client_asks_no_network(tmp_path: Path) -> None:
    begin = {"folder": str(tmp_path), "run_id": "run", "project": "team/shapes", "token": TOKEN}
    lines = [{"begin": begin}, {"points": {"train/loss": [[1, 0.5]]}}, {"values": {"final": 1.0}}, {"end": True}]
    code = (
        "import sys; from studio.training.reporting.neptune_client import main\n"
        "asked = []\n"
        "sys.addaudithook(lambda name, _: asked.append(name) if name.startswith('socket.') else None)\n"
        "wanted = {'socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname', 'socket.sendto'}\n"
        "main(); print('asked', sorted(wanted & set(asked)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        input="\n".join(json.dumps(line) for line in lines),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "asked []" in done.stdout
    assert recorded(tmp_path)["final"] == 1.0


def test_secrets_that_cannot_be_read_are_deleted_too(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run")
    folder.secrets.write_text("{half")

    assert take_secrets(folder) == {}
    assert not folder.secrets.exists()
    assert take_secrets(folder) == {}


def test_a_failing_tracker_is_said_once_and_left_out(work: "Work", monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.training.reporting.trackers import NeptuneTracker

    def points(self: NeptuneTracker, points: object) -> None:
        raise LookupError("broken")

    monkeypatch.setattr(NeptuneTracker, "points", points)

    done = work(settings=NEPTUNE)

    warnings = [event.text for event in done.of_kind("log") if event.level == "warning"]
    assert done.code == 0
    assert [text for text in warnings if "tracker" in text] == [
        "The tracker failed and is disabled from here on (LookupError: broken)."
    ]


def test_a_missing_package_fails_before_training_with_the_command(
    work: "Work", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "neptune", None)

    done = work(settings=NEPTUNE)

    failed = done.of_kind("failed")[0]
    assert (failed.code, failed.setting) == ("tracker_missing", "logging.logger")
    assert "pip install 'deepstudio[neptune]'" in failed.hint
    assert done.series("train.loss") == []
