"""A real server, a real Chromium, and pages that fail the test on any console error or policy violation."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
# Several browsers and trainings share two cores: five seconds, the usual patience, is too short for them.
sync_api.expect.set_options(timeout=15_000)

REPOSITORY = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("STUDIO_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
LEFT_OUT = (
    # For every window, a hidden page for what is typed into the address bar, and one more for its assistant: more
    # processor time than our own page takes to open.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # Of Playwright's own list, which this one replaces: what would change what a test sees.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(LEFT_OUT)}",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Server:
    """`studio serve` on a home of its own, and the REST API with a session's cookie."""

    home: Path
    port: int = 0
    url: str = ""
    launch_url: str = ""
    cookie: str = ""
    state: Any = None
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start (again, on the same port) and wait for the launch address."""
        command = [
            sys.executable,
            "-m",
            "studio.cli",
            "serve",
            "--home",
            str(self.home),
            "--no-open",
            "--port",
            str(self.port),
        ]
        self.process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"(http://127\.0\.0\.1:(\d+))/launch\?code=\S+", line):
                self.launch_url, self.url, self.port = found[0], found[1], int(found[2])
                return
        raise AssertionError("the server ended without a launch address")

    def sign_in(self, context: Any) -> None:
        """Exchange the launch address for a session; every start of the server has its own."""
        page = context.new_page()
        page.goto(self.launch_url)
        page.close()
        cookie = next(one for one in context.cookies() if one["name"].endswith(str(self.port)))
        self.cookie = f"{cookie['name']}={cookie['value']}"
        self.state = context.storage_state()

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self.process is not None:
            self.process.send_signal(kind)
            self.process.wait(timeout=20)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One REST call; raises for anything but 2xx."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Cookie": self.cookie, "Origin": self.url, "Content-Type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, data, headers, method=method), timeout=60
        ) as answer:
            return json.loads(answer.read() or "null")

    def settings(self, dataset: dict[str, Any], model_type: str | None = None, **changes: Any) -> dict[str, Any]:
        """Every setting of a dataset's form with the suggested values; `training__epochs=3` changes one."""
        document = self._form(dataset, model_type)
        values = {one["key"]: one["default"] for one in document["settings"] if not one["fixed"]}
        values |= document["values"] | {one["key"]: one["value"] for one in document["suggested"]}
        return values | {key.replace("__", "."): value for key, value in changes.items()}

    def experiment(
        self, dataset: dict[str, Any], name: str, model_type: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Start an experiment with the suggested settings of a dataset, of the first model type if none is named."""
        model_type = self._form(dataset, model_type)["model_type"]
        draft = {"problem_type": dataset["problem_type"], "model_type": model_type, "name": name}
        started: dict[str, Any] = self.call(
            "POST", "/api/experiments", {**draft, "settings": self.settings(dataset, model_type, **changes), "grid": {}}
        )
        return started

    def example(self, kind: str) -> dict[str, Any]:
        """The example dataset of a problem type, imported."""
        made = self.call("POST", f"/api/examples/{kind}", {})
        dataset: dict[str, Any] = self.wait(f"/api/datasets/{made['id']}", lambda one: one["state"] == "ready")
        return dataset

    def finished_example(self, kind: str, name: str, model_type: str | None = None, **changes: Any) -> dict[str, Any]:
        """A finished experiment of this name on the example."""
        ended = self.ended(self.experiment(self.example(kind), name, model_type, **changes))
        assert ended["state"] == "finished", ended["runs"]
        return ended

    def _form(self, dataset: dict[str, Any], model_type: str | None) -> dict[str, Any]:
        chosen = f"&model_type={model_type}" if model_type else ""
        form: dict[str, Any] = self.call(
            "GET", f"/api/schema/{dataset['problem_type']}?dataset={dataset['id']}{chosen}"
        )
        return form

    def wait(self, path: str, is_done: Callable[[Any], bool], seconds: float = 180) -> Any:
        """Ask until the answer is as wanted."""
        end = time.monotonic() + seconds
        while not is_done(answer := self.call("GET", path)):
            assert time.monotonic() < end, f"{path} is still {answer}"
            time.sleep(0.3)
        return answer

    def ended(self, experiment: dict[str, Any], seconds: float = 180) -> dict[str, Any]:
        """The experiment when it has ended."""
        done = {"finished", "failed", "stopped", "lost"}
        answer: dict[str, Any] = self.wait(
            f"/api/experiments/{experiment['id']}", lambda one: one["state"] in done, seconds
        )
        return answer

    def stop_all(self) -> None:
        """Ask every experiment that goes on to stop, and wait for it."""
        for one in self.call("GET", "/api/experiments")["items"]:
            if one["state"] in ("queued", "starting", "running"):
                self.call("POST", f"/api/experiments/{one['id']}/stop", {})
        for one in self.call("GET", "/api/experiments")["items"]:
            self.ended(one)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    if not (REPOSITORY / "studio" / "web" / "index.html").is_file():
        pytest.skip("the page is not built: make build")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests, signed in through its launch address."""
    server = Server(tmp_path_factory.mktemp("browser") / "home")
    server.start()
    try:
        context = chromium.new_context()
        server.sign_in(context)
        context.close()
        yield server
        server.stop_all()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def shapes(server: Server) -> dict[str, Any]:
    """The example dataset of image classification, ready."""
    return server.example("image_classification")


@pytest.fixture(scope="session")
def finished(server: Server, shapes: dict[str, Any]) -> dict[str, Any]:
    """A finished experiment that still makes mistakes, so that every panel has something to show."""
    small = {
        "image__image_width": 32,
        "image__image_height": 32,
        "training__epochs": 1,
        "training__learning_rate": 1e-4,
        "training__head_start": "Random",
    }
    ended = server.ended(server.experiment(shapes, "finished-shapes", **small))
    assert ended["state"] == "finished", ended["runs"]
    return ended


@pytest.fixture
def open_page(chromium: Any, server: Server) -> Iterator[Callable[..., Any]]:
    """Opens pages; at the end any console error, page error or policy violation fails the test."""
    contexts, problems = [], []

    def note(kind: str, text: str) -> None:
        if "net::ERR_CONNECTION_REFUSED" not in text and "net::ERR_INCOMPLETE_CHUNKED_ENCODING" not in text:
            problems.append(f"{kind}: {text}")

    def make(path: str = "/", *, width: int = 1440, height: int = 900, **options: Any) -> Any:
        context = chromium.new_context(
            storage_state=server.state, viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: note("console", f"{message.text} {message.location}") if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: note("page error", str(error)))
        page.goto(server.url + path)
        page.locator("h1").first.wait_for()
        return page

    make.allowed = problems  # type: ignore[attr-defined]
    yield make
    for context in contexts:
        context.close()
    assert problems == []
