"""Whatever takes long keeps nothing else waiting: it has threads of its own, and a line that ends with 429."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from studio.runs import events
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import RunState
from studio.server.lanes import SIZES, Lanes, TooManyError
from studio.store.experiments import ExperimentRow
from studio.store.runs import RunRow
from studio.training.online_inference import listen
from tests.support.requirements import covers

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
RUN = "run-model"
HEALTH_SECONDS = 10.0
"""Who is held up here waits until a gate opens, for ever; `benchmarks/contention.py` and the docs have the figure."""


class Model:
    """An answer worker of a test: a real socket, and answers that wait for the gate."""

    def __init__(self, server: Any) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked = 0
        self._server = server
        self._end = threading.Event()
        server.executor._script = self.script

    def script(self, spec: RunSpec) -> Iterable[BaseModel]:
        yield events.Started(pid=0)
        folder = RunFolder(self._server.studio.home.worker_folder(WorkerKind.ONLINE_INFERENCE, spec.run_id))
        listener = listen(folder.inference_socket)
        listener.settimeout(0.05)
        while not self._end.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                self._answer(connection, folder)
        listener.close()

    def _answer(self, connection: Any, folder: RunFolder) -> None:
        connection.settimeout(10)
        line = connection.makefile("rb").readline()
        if not line.strip():
            return
        self.asked += 1
        while not self.gate.wait(0.05) and not self._end.is_set():
            pass
        path = folder.path / json.loads(line)["path"]
        sample = {"row": 1, "title": "a picture"} if path.is_file() else None
        reply = {"sample": sample, "seconds": 0.01} if sample else {"error": {"message": "the file is gone"}}
        connection.sendall(json.dumps(reply).encode() + b"\n")

    def end(self) -> None:
        self.gate.set()
        self._end.set()


@pytest.fixture
def model(server: Any) -> Iterator[Model]:
    """A finished run with a bundle, whose answer worker is the test's."""
    studio = server.studio
    settings: dict[str, Any] = {"settings": {}, "grid": {}, "document_version": 1, "fingerprint": "", "colour": 0}
    studio.store.experiments.insert(
        ExperimentRow("exp-1", "exp 1", "image_classification", None, None, created=1.0, **settings)
    )
    studio.scheduler.stop()
    spec = RunSpec(run_id=RUN, problem_type="image_classification")
    studio.store.runs.insert(RunRow(RUN, WorkerKind.TRAIN, spec, 1.0, experiment_id="exp-1"))
    for state in (RunState.STARTING, RunState.FINISHED):
        studio.store.runs.move(studio.store.runs.get(RUN), state, "test", 2.0)
    bundle = RunFolder.create(studio.home.worker_folder(WorkerKind.TRAIN, RUN)).bundle
    bundle.mkdir()
    (bundle / "bundle.json").write_text("{}")
    model = Model(server)
    yield model
    model.end()


def ask(server: Any) -> int:
    answer = server.api.post(f"/api/runs/{RUN}/answer", content=PNG, headers={"Content-Type": "image/png"})
    return int(answer.status_code)


@contextmanager
def asking(count: int, work: Callable[[], int], opened: threading.Event) -> Iterator[list[int]]:
    """Requests under way; their statuses once the block is over, which opens the gate that they wait for."""
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(work())) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        opened.set()
        for thread in threads:
            thread.join(60)


def slowest_health(server: Any, times: int = 20) -> float:
    slowest = 0.0
    for _ in range(times):
        began = time.monotonic()
        assert server.anybody.get("/api/health").status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@covers("F118")
def test_forty_answers_at_once_are_all_given(server: Any, model: Model) -> None:
    with asking(40, lambda: ask(server), model.gate) as statuses:
        pass

    assert statuses == [200] * 40
    kept = list((server.studio.home.worker_folder(WorkerKind.ONLINE_INFERENCE, RUN) / "answers").iterdir())
    assert len(kept) == 40


@covers("F118")
def test_a_model_that_does_not_answer_holds_up_nobody_and_its_line_ends_with_429(server: Any, model: Model) -> None:
    assert ask(server) == 200  # its worker is there
    model.gate.clear()
    with asking(70, lambda: ask(server), model.gate) as statuses:
        until(lambda: len(statuses) == 70 - 65 and model.asked == 2)

        assert statuses == [429] * 5
        assert slowest_health(server) < HEALTH_SECONDS
        for path in ("/api/me", "/api/experiments", "/api/datasets", f"/api/runs/{RUN}", "/api/queue"):
            assert server.api.get(path).status_code == 200
        model.gate.set()

    assert sorted(statuses) == [200] * 65 + [429] * 5
    assert ask(server) == 200


@covers("F118")
def test_a_sample_that_is_sent_too_slowly_or_too_large_gives_its_place_back(server: Any, model: Model) -> None:
    too_large = server.api.post(f"/api/runs/{RUN}/answer", content=b"\x89PNG\r\n\x1a\n" + bytes(65 << 20))

    assert too_large.status_code == 400
    assert server.studio.answers._memory.used == 0
    assert ask(server) == 200


@covers("F119")
@pytest.mark.parametrize("name", SIZES)
def test_a_full_lane_refuses_with_429_and_holds_up_no_other(name: Any) -> None:
    threads, waiting = SIZES[name]
    gate = threading.Event()

    async def fill() -> list[object]:
        lanes = Lanes()
        loop = asyncio.get_running_loop()
        held = [asyncio.ensure_future(lanes[name].run(lambda: gate.wait(60))) for _ in range(threads + waiting)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyError):
            await lanes[name].run(lambda: None)
        others = [other for other in SIZES if other != name]
        found = await asyncio.wait_for(asyncio.gather(*(lanes[other].run(lambda: 1) for other in others)), 10)
        assert await loop.run_in_executor(None, lambda: 1) == 1
        gate.set()
        await asyncio.gather(*held)
        assert await lanes[name].run(lambda: 2) == 2
        return list(found)

    try:
        assert asyncio.run(fill()) == [1] * (len(SIZES) - 1)
    finally:
        gate.set()


@covers("F119")
def test_a_preview_that_hangs_holds_up_nobody_and_the_line_for_previews_ends(
    server: Any, order: dict[str, Any]
) -> None:
    gate = threading.Event()

    def hang(spec: RunSpec) -> Iterable[BaseModel]:
        yield events.Started(pid=0)
        gate.wait(60)
        yield events.Failed(code="x", message="It ended.")

    server.executor._script = hang
    body = {**order, "settings": {**order["settings"]}}
    post = lambda: int(server.api.post("/api/settings/preview", json=body).status_code)  # noqa: E731
    with asking(12, post, gate) as statuses:
        until(lambda: len(statuses) == 3)
        assert statuses == [429] * 3
        assert slowest_health(server) < HEALTH_SECONDS
        assert server.api.post("/api/settings/check", json=body).status_code == 200
        assert server.api.get(f"/api/datasets/{server.studio.datasets.all()[0].id}/samples").status_code == 200
        gate.set()

    assert sorted(statuses) == [422] * 9 + [429] * 3


@covers("F119")
def test_uploads_that_stall_or_wait_for_the_database_hold_up_no_other_connection(server: Any) -> None:
    upload = server.api.post("/api/uploads", json={"name": "a.zip", "size": 100}).json()["id"]
    gate = threading.Event()

    async def stalling() -> AsyncIterator[bytes]:
        yield b"x" * 10
        while not gate.is_set():
            await anyio.sleep(0.01)
        yield b"x" * 90

    with server.studio.store.database.write():
        sent = server.api.portal.start_task_soon(server.studio.uploads.append, upload, 0, stalling())
        try:
            time.sleep(0.2)
            assert slowest_health(server) < HEALTH_SECONDS
        finally:
            gate.set()
        time.sleep(0.2)  # its bytes are here, and their number waits for the database
        assert not sent.done()
        assert slowest_health(server) < HEALTH_SECONDS
    assert sent.result(20).offset == 100


@covers("F122")
def test_a_model_that_was_deleted_answers_404_also_to_those_that_wait(server: Any, model: Model) -> None:
    assert ask(server) == 200
    model.gate.clear()
    with asking(3, lambda: ask(server), model.gate) as statuses:
        until(lambda: model.asked == 2)
        assert server.api.delete("/api/experiments/exp-1").status_code == 200
        model.gate.set()

    assert set(statuses) <= {200, 404}
    assert statuses.count(404) >= 2
    assert ask(server) == 404
