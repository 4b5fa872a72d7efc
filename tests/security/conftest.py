"""Servers that are attacked: one that has a finished training, shared by all tests of a session."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.security.black_box import CANARY, BlackBox
from tests.security.hostile import CONTROL, FORMULA, MARKUP, TEMPLATE
from tests.security.hostile_dataset import hostile_dataset

SENTINEL = "sentinel/Zm9v+ 81c2d4"
"""A secret whose base64 and URL forms differ from it."""
AMBIENT = "ambient-7f3e90"
"""A secret of the account that the server runs as, which no worker needs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a share of `make trust`, if it is not a long loop."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents and item.get_closest_marker("faults") is None:
            item.add_marker(pytest.mark.trust)


@pytest.fixture(scope="session")
def import_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder that may be imported by path."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory, import_root: Path) -> Iterator[BlackBox]:
    """A server on a fresh home, beside a file that nobody may read."""
    folder = tmp_path_factory.mktemp("box")
    (folder / "canary").write_text(CANARY)
    environment = {
        "STUDIO_WARM_LAUNCHER": "1",  # several short trainings: importing torch once is cheaper
        "STUDIO_FAKE_GPUS": "2",
        "CUDA_VISIBLE_DEVICES": "-1",
        **dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_PASSWORD"), AMBIENT),
    }
    server = BlackBox(folder / "home", options=("--import-root", str(import_root)), environment=environment).start()
    (server.home / "canary").write_text(CANARY)
    yield server
    server.stop()


@pytest.fixture
def canary(box: BlackBox) -> Path:
    """A file outside the home; its text must be in no answer."""
    return box.home.parent / "canary"


@pytest.fixture(scope="session")
def shapes(box: BlackBox) -> dict[str, Any]:
    """The example dataset of image classification."""
    return box.example()


@dataclass(frozen=True)
class Trained:
    """A finished training on data whose every string is hostile, with a secret that it was given."""

    dataset: dict[str, Any]
    experiment: dict[str, Any]
    run: dict[str, Any]
    processes: frozenset[str]
    """What stood in the command lines and environments of the processes that worked on it."""


@pytest.fixture(scope="session")
def trained(box: BlackBox) -> Trained:
    """A tiny training that has finished."""
    dataset = hostile_dataset(box, (FORMULA, MARKUP, TEMPLATE, CONTROL))
    order = box.order(dataset, "naïve run", logging__logger="Neptune", logging__neptune_api_token=SENTINEL)
    order["settings"]["logging.neptune_project"] = "team/project"
    order["settings"]["prediction.metric"] = "LogLoss"
    started = box.api("POST", "/api/experiments", order)
    path = f"/api/experiments/{started['id']}"
    seen: set[str] = set()
    while box.api("GET", path)["state"] not in ("finished", "failed", "lost"):
        seen |= processes_of(box)
        time.sleep(0.15)
    experiment = box.api("GET", path)
    assert experiment["state"] == "finished", experiment["runs"][0]["error"]
    return Trained(dataset, experiment, experiment["runs"][0], frozenset(seen))


def processes_of(box: BlackBox) -> set[str]:
    """The command lines and environments of the server and everything it has started, as far as one may look."""
    found = set()
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            if str(box.home) in " ".join((*process.cmdline(), *environment.values())):
                words = [f"{name}={value}" for name, value in environment.items()]
                found.add("\n".join([" ".join(process.cmdline()), *words]))
        except psutil.Error:
            continue
    return found


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[BlackBox]:
    """A server of the test's own, for what would disturb others."""
    server = BlackBox(tmp_path / "spare").start()
    yield server
    server.stop()


@pytest.fixture
def is_root() -> bool:
    """Whether permissions mean nothing to this process."""
    return os.geteuid() == 0
