"""The server under load: 200 pages that watch, two trainings that run, and somebody who clicks through the studio.

    python -m benchmarks.streams [--pages 200] [--runs 2] [--seconds 30]

Without any page and training first, then with them, in one run of the script. Printed: requests of the API (median,
99th percentile, slowest), the delay of an event from the request that caused it to each page, memory of the server.
Targets: requests below 200 ms and events below 250 ms in the 99th percentile.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

PAGES_A_SESSION = 6
CLICK_SECONDS = 0.05
EVENT_SECONDS = 1.0
SETTINGS = {
    "architecture.backbone": "test_resnet",
    "architecture.pretrained": False,
    "image.image_width": 64,
    "image.image_height": 64,
    "training.epochs": 2000,
    "environment.number_of_workers": 0,
}


@dataclass
class Server:
    """A real server on a home of its own."""

    home: Path
    process: subprocess.Popen[bytes]
    port: int
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request with the token."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def cookie(self) -> str:
        """A new browser session."""
        code = self.call("POST", "/api/launch-codes")["code"]

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args: Any, **more: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stay).open(f"http://127.0.0.1:{self.port}/launch?code={code}", timeout=10)
        except urllib.error.HTTPError as answer:
            return str(answer.headers["set-cookie"]).split(";")[0]
        raise RuntimeError("The launch address did not redirect.")

    def memory(self) -> float:
        """MiB that it holds."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20


@contextlib.contextmanager
def running_server(folder: Path, runs: int) -> Iterator[Server]:
    """A server until the end of the block."""
    home = folder / "home"
    command = [sys.executable, "-m", "studio.cli", "serve", "--home", str(home), "--port", "0"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([*command, "--cpu-runs", str(runs)], stdout=log, stderr=log)
        try:
            record = home / "run" / "server.json"
            while not record.exists():
                if process.poll() is not None:
                    raise RuntimeError((folder / "server.log").read_text())
                time.sleep(0.1)
            port = json.loads(record.read_text())["port"]
            yield Server(home, process, port, (home / "run" / "token").read_text())
        finally:
            process.terminate()
            process.wait(20)


@dataclass
class Seen:
    """What the pages saw."""

    causes: dict[str, float] = field(default_factory=dict)
    """Name given to the dataset -> when the request began."""
    delays: list[float] = field(default_factory=list)


async def page(server: Server, cookie: str, topics: str, seen: Seen, ready: asyncio.Semaphore) -> None:
    """One page's stream, until cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 24)
    head = f"Host: 127.0.0.1:{server.port}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    writer.write(f"GET /api/events?topics={topics} HTTP/1.1\r\n{head}".encode())
    try:
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"A stream was refused: {status!r}")
        ready.release()
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"bench ' in line:
                arrived = time.perf_counter()
                name = json.loads(line[6:]).get("name")
                if name in seen.causes:
                    seen.delays.append(arrived - seen.causes[name])
    finally:
        writer.close()


async def clicks(server: Server, paths: list[str], until: float) -> list[float]:
    """Seconds of one request after another."""
    taken = []
    for path in itertools.cycle(paths):
        if time.perf_counter() > until:
            return taken
        began = time.perf_counter()
        await asyncio.to_thread(server.call, "GET", path)
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(CLICK_SECONDS)
    return taken


async def causes(server: Server, dataset: str, seen: Seen, until: float) -> None:
    """A dataset gets a new name now and then, which every page is told."""
    for number in itertools.count():
        if time.perf_counter() > until:
            return
        name = f"bench {number}"
        seen.causes[name] = time.perf_counter()
        await asyncio.to_thread(server.call, "PATCH", f"/api/datasets/{dataset}", {"name": name})
        await asyncio.sleep(EVENT_SECONDS)


async def under_load(server: Server, dataset: str, paths: list[str], topics: str, pages: int, seconds: float) -> None:
    """Open the pages, click for a while, print."""
    seen, ready = Seen(), asyncio.Semaphore(0)
    cookies = [await asyncio.to_thread(server.cookie) for _ in range(-(-pages // PAGES_A_SESSION))]
    tasks = [
        asyncio.create_task(page(server, cookies[number // PAGES_A_SESSION], topics, seen, ready))
        for number in range(pages)
    ]
    for _ in range(pages):
        await ready.acquire()
    until = time.perf_counter() + seconds
    taken, _ = await asyncio.gather(clicks(server, paths, until), causes(server, dataset, seen, until))
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"  requests: {shown(taken)}")
    if pages:
        expected = len(seen.causes) * pages
        print(f"  events: {shown(seen.delays)}, {len(seen.delays)} of {expected} arrived")
    print(f"  memory of the server {server.memory():.0f} MiB, load {os.getloadavg()[0]:.1f}", flush=True)


def shown(seconds: list[float]) -> str:
    """Median, 99th percentile and the longest, in ms."""
    ordered = sorted(seconds)
    late = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    times = (statistics.median(ordered), late, ordered[-1])
    middle, late_ms, slowest = (f"{1e3 * one:.1f} ms" for one in times)
    return f"{len(ordered)}, median {middle}, p99 {late_ms}, slowest {slowest}"


def ready_dataset(server: Server) -> dict[str, Any]:
    """The example of image classification, imported."""
    id = server.call("POST", "/api/examples/image_classification")["id"]
    while True:
        dataset: dict[str, Any] = server.call("GET", f"/api/datasets/{id}")
        if dataset["state"] == "ready":
            return dataset
        time.sleep(0.2)


def start_runs(server: Server, dataset: str, count: int) -> list[str]:
    """Trainings that outlast the measurement; gives their ids once all of them train."""
    values = server.call("GET", f"/api/schema/image_classification?dataset={dataset}")["values"]
    experiments = [
        server.call(
            "POST",
            "/api/experiments",
            {"problem_type": "image_classification", "settings": {**values, **SETTINGS, "environment.seed": number}},
        )
        for number in range(count)
    ]
    runs = [one["runs"][0]["id"] for one in experiments]
    while any(not server.call("GET", f"/api/runs/{run}")["step"] for run in runs):
        time.sleep(0.5)
    return runs


def main() -> None:
    """Print requests and events without load and with it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), chosen.runs) as server:
        dataset = ready_dataset(server)["id"]
        paths = ["/api/experiments", "/api/datasets", f"/api/datasets/{dataset}", "/api/machine", "/api/queue"]
        print("nobody watches, nothing trains")
        asyncio.run(under_load(server, dataset, paths, "datasets", 0, chosen.seconds / 2))
        runs = start_runs(server, dataset, chosen.runs)
        paths += [f"/api/runs/{run}{part}" for run in runs for part in ("", "/series", "/log")]
        topics = ",".join(["datasets", "experiments", "queue", *(f"run:{run}" for run in runs)])
        print(f"{chosen.pages} pages watch {chosen.runs} trainings")
        asyncio.run(under_load(server, dataset, paths, topics, chosen.pages, chosen.seconds))
        for experiment in server.call("GET", "/api/experiments")["items"]:
            server.call("POST", f"/api/experiments/{experiment['id']}/stop")
        while any(server.call("GET", f"/api/runs/{run}")["state"] not in ("stopped", "finished") for run in runs):
            time.sleep(0.5)


if __name__ == "__main__":
    main()
