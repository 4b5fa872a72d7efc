"""Long loops, left to `make test-faults`: kills of the server, power cuts, races, and what a server holds on to.

Counts are taken from the environment: STUDIO_SERVER_KILLS, STUDIO_POWER_CUTS, STUDIO_RACES, STUDIO_SLOPE_SECONDS.
"""

import os
import random
import shutil
import statistics
import subprocess
import threading
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.reliability.harness import (
    Server,
    Stream,
    check_database,
    copy_home,
    end_all,
    experiment_body,
    mounted,
    points,
    starts,
    wait_for,
)
from tests.reliability.test_races import race_a_stop
from tests.support.requirements import covers

pytestmark = pytest.mark.faults
EXPERIMENT_EVERY = 50
"""One in so many changes starts an experiment."""
LONG = 10_000_000


def count(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


class Writer:
    """A client that changes things and remembers what was acknowledged."""

    def __init__(self, server: Server, dataset: str) -> None:
        self.server = server
        self.dataset = dataset
        self.number = 0
        self.acknowledged = 0
        self.experiments: list[str] = []
        self.refused: list[Any] = []
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def begin(self, server: Server) -> None:
        self.server = server
        self._is_ending.clear()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._is_ending.set()
        self._thread.join(30)

    def check(self) -> None:
        """F1, I16: everything that was answered with success is there."""
        name = self.server.call("GET", f"/api/datasets/{self.dataset}")["name"]
        assert int(name.split()[-1]) >= self.acknowledged, f"{name} after {self.acknowledged} was acknowledged"
        assert set(self.experiments) <= known_experiments(self.server)
        assert self.refused == []

    def _write(self) -> None:
        while not self._is_ending.is_set():
            self.number += 1
            name = f"data {self.number}"
            try:
                if self._change(name) and self.number % EXPERIMENT_EVERY == 0:
                    self._start(name)
            except (OSError, ValueError, HTTPException):  # the server is not there, or died amidst its answer
                if self._is_ending.wait(0.02):
                    return

    def _change(self, name: str) -> bool:
        status, found = self.server.ask("PATCH", f"/api/datasets/{self.dataset}", {"name": name})
        if status == 200:
            self.acknowledged = self.number
        else:
            self.refused.append(found)
        return status == 200

    def _start(self, dataset: str) -> None:
        body = experiment_body(self.server.base, general__dataset=dataset)
        status, found = self.server.ask("POST", "/api/experiments", body)
        if status == 201:
            self.experiments.append(found["id"])
        else:
            self.refused.append(found)


def known_experiments(server: Server) -> set[str]:
    """Ids of all experiments."""
    found = server.call("GET", "/api/experiments?limit=1000")
    assert found["total"] <= 1000
    return {one["id"] for one in found["items"]}


def told(what: str, number: int, seconds: list[float]) -> None:
    """One line of figures for whoever reads the loop's output."""
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    print(f"\n{what}: {number} survived; recovery {low:.1f} s at least, {middle:.1f} s median, {high:.1f} s at most")


@covers("F1", "F2", "I4", "I15", "I16")
def test_the_server_survives_two_hundred_kills_while_it_writes_and_trains(template: Path, tmp_path: Path) -> None:
    copy_home(template, tmp_path)
    kills, recoveries = count("STUDIO_SERVER_KILLS", 200), []
    random.seed(11)
    servers = [Server(tmp_path / "home").ready()]
    try:
        [dataset] = servers[0].call("GET", "/api/datasets")
        servers[0].order(steps=LONG, pause=0.1)
        _, id = servers[0].start()
        servers[0].await_step(id, 2)
        pid = servers[0].worker(id)
        writer = Writer(servers[0], dataset["id"])
        servers[0].call("PATCH", f"/api/datasets/{dataset['id']}", {"name": "data 0"})
        for _ in range(kills):
            writer.begin(servers[-1])
            time.sleep(random.uniform(0.05, 1.0))
            servers[-1].kill()
            writer.end()
            begun = time.monotonic()
            servers.append(Server(tmp_path / "home").ready())
            writer.server = servers[-1]
            recoveries.append(time.monotonic() - begun)
            writer.check()
            assert (servers[-1].run(id)["state"], servers[-1].worker(id)) == ("running", pid)
            check_database(tmp_path / "home")
        servers[-1].order(steps=1)
        servers[-1].await_state(id, "finished", seconds=60)
        steps = points(tmp_path / "home", id)
        assert steps == list(range(1, len(steps) + 1))
        assert starts(tmp_path / "home" / "runs" / id) == 1
    finally:
        end_all(servers)
    told("kills of the server", kills, recoveries)
    print(f"changes acknowledged and kept: {writer.acknowledged}, experiments: {len(writer.experiments)}")
    assert writer.experiments


@covers("I4", "I11", "I15", "I16")
def test_twenty_power_cuts_lose_nothing_that_was_acknowledged(template: Path, tmp_path: Path) -> None:
    """What the device holds at a moment is what would be left of it: its image is copied while the server works on it.

    Without `auto_da_alloc` the file system forgives no missing sync. Each second cut follows a dataset that got ready.
    """
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    cuts, recoveries = count("STUDIO_POWER_CUTS", 20), []
    random.seed(13)
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(512 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    with mounted(tmp_path / "disk", "-o", "loop,noauto_da_alloc", str(image)) as disk:
        copy_home(template, tmp_path)
        shutil.move(tmp_path / "home", disk / "home")
        os.sync()
        server = Server(disk / "home", base=tmp_path).ready()
        try:
            [dataset] = server.call("GET", "/api/datasets")
            server.call("PATCH", f"/api/datasets/{dataset['id']}", {"name": "data 0"})
            server.order(steps=10, pause=0.05)
            writer = Writer(server, dataset["id"])
            writer.begin(server)
            ready: list[str] = []
            for number in range(cuts):
                time.sleep(random.uniform(0.1, 1.5))
                if number % 2 == 0:
                    ready.append(make_dataset(server))
                kept = (writer.acknowledged, list(writer.experiments), list(ready))
                shutil.copyfile(image, tmp_path / "cut")
                recoveries.append(check_cut(tmp_path, dataset["id"], *kept))
            writer.end()
        finally:
            end_all([server])
    told("power cuts", cuts, recoveries)
    print(f"changes acknowledged and kept: {writer.acknowledged}, experiments: {len(writer.experiments)}")
    assert writer.experiments
    assert writer.refused == []


def make_dataset(server: Server) -> str:
    """A dataset that was told to be ready."""
    id = str(server.call("POST", "/api/examples/text_classification")["id"])
    wait_for(lambda: server.call("GET", f"/api/datasets/{id}")["state"] == "ready", 120)
    return id


def check_cut(base: Path, dataset: str, acknowledged: int, experiments: list[str], ready: list[str]) -> float:
    """Mount what the cut left and start a server on it; seconds until it was ready."""
    with mounted(base / "after", "-o", "loop", str(base / "cut")) as disk:
        begun = time.monotonic()
        server = Server(disk / "home", base=base).ready()
        seconds = time.monotonic() - begun
        try:
            check_database(disk / "home")
            name = server.call("GET", f"/api/datasets/{dataset}")["name"]
            assert int(name.split()[-1]) >= acknowledged
            assert set(experiments) <= known_experiments(server)
            for id in ready:
                assert server.call("GET", f"/api/datasets/{id}")["state"] == "ready"
                assert server.call("GET", f"/api/datasets/{id}/samples")["total"] > 0
                assert server.call("GET", f"/api/datasets/{id}/profile")
        finally:
            end_all([server])
    return seconds


@covers("F56")
def test_five_hundred_stops_at_random_moments_leave_one_state_each(template: Path, tmp_path: Path) -> None:
    copy_home(template, tmp_path)
    races = count("STUDIO_RACES", 500)
    random.seed(17)
    server = Server(tmp_path / "home").ready()
    try:
        for _ in range(races):
            race_a_stop(server, random.uniform(0, 0.5))
        check_database(server.home)
    finally:
        end_all([server])
    print(f"\nstops that met an end: {races}, each with one state")


@covers("I22")
def test_a_server_under_traffic_holds_on_to_nothing(template: Path, tmp_path: Path) -> None:
    """A short stand-in for a day: after a warm-up, memory, files and threads are compared over the rest."""
    copy_home(template, tmp_path)
    seconds = count("STUDIO_SLOPE_SECONDS", 300)
    server = Server(tmp_path / "home").ready()
    process = psutil.Process(server.pid)
    seen: list[tuple[float, int, int, int]] = []
    try:
        server.order(steps=5, pause=0.01)
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < seconds:
            traffic(server)
            seen.append((now, process.memory_info().rss, process.num_fds(), process.num_threads()))
    finally:
        end_all([server])

    settled = [one for one in seen if one[0] > seconds / 3]
    middle = settled[: len(settled) // 2]
    late = settled[len(settled) // 2 :]
    memory, files, threads = (
        statistics.median(one[place] for one in late) - statistics.median(one[place] for one in middle)
        for place in (1, 2, 3)
    )
    print(f"\nover {seconds} s: memory {memory / 2**20:+.1f} MiB, open files {files:+.0f}, threads {threads:+.0f}")
    assert memory < 8 << 20
    assert abs(files) <= 10
    assert abs(threads) <= 4


def traffic(server: Server) -> None:
    """A run, two streams, lists, and a deletion."""
    experiment, id = server.start()
    streams = [Stream(server, f"run:{id}"), Stream(server, "experiments")]
    server.await_state(id, "finished")
    for path in ("/api/experiments", f"/api/runs/{id}/series", f"/api/runs/{id}/log", "/api/machine"):
        found: Any = server.call("GET", path)
        assert found is not None
    for stream in streams:
        assert stream.status() == 200
        stream.close()
    server.call("DELETE", f"/api/experiments/{experiment}")
