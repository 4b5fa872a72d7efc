"""A scheduler over a real store, with workers that are threads and a clock that a test turns."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from studio.runs.spec import RunSpec, WorkerKind
from studio.scheduling.decide import Slots
from studio.scheduling.executors.fake import FakeExecutor, Script
from studio.scheduling.scheduler import Scheduler
from studio.store.home import Home
from studio.store.projector import Projection
from studio.store.runs import RunRow
from studio.store.store import Store


@dataclass
class Recorder:
    """A listener that remembers."""

    moves: list[tuple[str, str]] = field(default_factory=list)
    events: int = 0

    def projected(self, run: RunRow, projection: Projection) -> None:
        self.events += projection.events

    def moved(self, run: RunRow) -> None:
        self.moves.append((run.id, run.state.value))

    def queue_changed(self) -> None:
        pass

    def ticked(self) -> None:
        pass


@dataclass
class Bench:
    """One scheduler with everything around it."""

    home: Home
    store: Store
    executor: FakeExecutor
    scheduler: Scheduler
    recorder: Recorder
    now: list[float]

    def add(self, id: str, kind: WorkerKind = WorkerKind.TRAIN, gpus: tuple[int, ...] = ()) -> None:
        spec = RunSpec(kind=kind, run_id=id, problem_type="image_classification", devices=gpus)
        self.store.runs.insert(RunRow(id=id, kind=kind, spec=spec, created=1.0))

    def state(self, id: str) -> str:
        return self.store.runs.get(id).state.value

    def history(self, id: str) -> list[str]:
        return [one.new.value for one in self.store.runs.history(id)]

    def tick(self, seconds: float = 0.0) -> None:
        self.now[0] += seconds
        self.scheduler.tick()

    def settle(self, *, ticks: int = 4) -> None:
        """Let workers end, and the scheduler see it."""
        for _ in range(ticks):
            self.tick()
            self.executor.join()

    def restart(self, script: Script | None = None) -> "Bench":
        """Another server on the same home, which knows no worker by itself."""
        return make_bench(self.home, self.store, script)


def make_bench(home: Home, store: Store, script: Script | None = None, slots: Slots | None = None) -> Bench:
    now = [1000.0]
    executor = FakeExecutor(script)
    recorder = Recorder()
    scheduler = Scheduler(home, store, executor, lambda: slots or Slots(), recorder, lambda: now[0])
    return Bench(home, store, executor, scheduler, recorder, now)


@pytest.fixture
def bench(home: Home, store: Store) -> Callable[..., Bench]:
    def make(script: Script | None = None, slots: Slots | None = None) -> Bench:
        return make_bench(home, store, script, slots)

    return make
