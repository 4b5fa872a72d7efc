"""The scheduler against a model: random submissions, deaths, stops, resumes and restarts, on a clock that stands still.

I1 legal recorded moves, I2 one tree a run, I3 nothing is forgotten, I7 no device twice. The long run is a fault loop.
"""

import itertools
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from studio.errors import ConflictError
from studio.runs import events
from studio.runs.spec import RunSpec, WorkerKind
from studio.runs.state import ENDED, MOVES, RunState
from studio.scheduling.decide import Slots
from studio.scheduling.scheduler import Scheduler
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store
from tests.scheduling.conftest import Recorder
from tests.scheduling.model_executor import ModelExecutor, ServerDiedError, Tree

GPUS = (0, 1, 2)
MEMORY = Path("/dev/shm")
INDEX = st.integers(0, 63)


class SchedulerMachine(RuleBasedStateMachine):
    """One home; servers come and go, trees stay."""

    @initialize()
    def begin(self) -> None:
        base = MEMORY if os.access(MEMORY, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="studio-scheduler-", dir=base))
        self.home = Home.create(self.folder / "home")
        self.store = Store.open(self.home)
        self.executor = ModelExecutor()
        self.now = [1000.0]
        self.scheduler = self.server()
        self.ids: list[str] = []

    def server(self) -> Scheduler:
        slots = Slots(gpus=GPUS, cpu_runs=1)
        return Scheduler(self.home, self.store, self.executor, lambda: slots, Recorder(), lambda: self.now[0])

    @rule(
        kind=st.sampled_from([WorkerKind.TRAIN, WorkerKind.TRAIN, WorkerKind.INSPECT, WorkerKind.PREDICT]),
        gpus=st.sets(st.sampled_from(GPUS)),
        count=st.integers(1, 3),
    )
    def submit(self, kind: WorkerKind, gpus: set[int], count: int) -> None:
        id = f"run-{len(self.ids)}"
        devices = tuple(sorted(gpus)) if kind is WorkerKind.TRAIN else ()
        spec = RunSpec(kind=kind, run_id=id, problem_type="", devices=devices, gpus_a_run=count)
        self.store.runs.insert(RunRow(id=id, kind=kind, spec=spec, created=1.0))
        self.ids.append(id)

    @rule(index=INDEX, children=st.integers(1, 2), code=st.sampled_from([0, -9]), seconds=st.sampled_from([2.0, 4.0]))
    def die_and_leave_children(self, index: int, children: int, code: int, seconds: float) -> None:
        """A whole life at once, which single steps seldom come to."""
        self.tick(0.25)
        self.take_the_lock(index, children)
        self.tick(0.25)
        tree = self.pick(index, lambda one: one.has_lock)
        if tree is not None:
            tree.die(code)
        self.tick(0.25)
        self.tick(seconds)

    @rule(seconds=st.sampled_from([0.0, 0.25, 2.0, 6.0, 13.0, 31.0]))
    def tick(self, seconds: float) -> None:
        self.now[0] += seconds
        try:
            self.scheduler.tick()
        except ServerDiedError:
            self.restart()

    @rule(place=st.sampled_from(["before", "after"]))
    def die_at_the_next_launch(self, place: str) -> None:
        self.executor.dies_at = place

    @rule()
    def restart(self) -> None:
        self.executor.dies_at = ""
        self.scheduler = self.server()

    @rule(index=INDEX, children=st.integers(0, 2))
    def take_the_lock(self, index: int, children: int) -> None:
        tree = self.pick(index, lambda one: one.is_leader_alive and not one.has_lock and not one.is_told)
        if tree is None:
            return
        if tree.folder.stop.exists():
            tree.die(4)
            return
        tree.has_lock, tree.children = True, children
        tree.folder.process.write_text("{}")
        tree.write(events.Started(pid=1))

    @rule(index=INDEX, ending=st.sampled_from(["finished", "failed", "stopped"]), releases=st.booleans())
    def tell_the_end(self, index: int, ending: str, releases: bool) -> None:
        tree = self.pick(index, lambda one: one.has_lock and not one.is_told)
        if tree is None:
            return
        told = {
            "finished": events.Finished(),
            "failed": events.Failed(code="x", message="x"),
            "stopped": events.Stopped(),
        }
        tree.write(told[ending])
        tree.is_told = True
        if releases:
            tree.has_lock = False

    @rule(index=INDEX, code=st.sampled_from([0, 1, -9, -11]), leaves=st.booleans())
    def die(self, index: int, code: int, leaves: bool) -> None:
        tree = self.pick(index, lambda one: one.is_leader_alive)
        if tree is not None:
            tree.die(code)
            tree.children = tree.children if leaves else 0

    @rule(index=INDEX)
    def lose_the_children(self, index: int) -> None:
        tree = self.pick(index, lambda one: one.children > 0)
        if tree is not None:
            tree.children = 0

    @rule(index=INDEX)
    def speak_with_an_old_fence(self, index: int) -> None:
        """A stale holder that was halted and goes on: nothing of it is accepted."""
        tree = self.pick(index, lambda one: one.spec.fence > 1)
        if tree is not None:
            tree.write(events.Finished(), fence=tree.spec.fence - 1)

    @precondition(lambda self: self.ids)
    @rule(index=INDEX)
    def stop(self, index: int) -> None:
        self.scheduler.stop_run(self.ids[index % len(self.ids)])

    @precondition(lambda self: self.ids)
    @rule(index=INDEX)
    def resume(self, index: int) -> None:
        id = self.ids[index % len(self.ids)]
        state = self.store.runs.get(id).state
        try:
            self.scheduler.resume_run(id)
        except ConflictError:
            assert state not in (RunState.FAILED, RunState.STOPPED, RunState.LOST)

    @invariant()
    def every_move_is_legal_and_recorded(self) -> None:
        """I1."""
        for id in getattr(self, "ids", []):
            moves = self.store.runs.history(id)
            for before, after in itertools.pairwise(moves):
                assert after.old is before.new
                assert after.new in MOVES[before.new]
                assert after.fence >= before.fence
            assert moves[-1].new is self.store.runs.get(id).state

    @invariant()
    def an_ended_run_has_no_tree(self) -> None:
        """I7, I8: before a run ends, everything of it is gone."""
        for tree in self.executor.living() if hasattr(self, "executor") else ():
            run = self.store.runs.get(tree.spec.run_id)
            assert run.state not in ENDED, f"{run.id} is {run.state}, and {tree.children} children of it live"

    def teardown(self) -> None:
        """I3: when workers do their work, every run comes to an end."""
        if not hasattr(self, "store"):
            return
        try:
            self.restart()
            for _ in range(14 * (len(self.ids) + 1)):
                for tree in list(self.executor.living()):
                    self.work_off(tree)
                self.tick(4.0)
            assert [one for one in self.ids if self.store.runs.get(one).state not in ENDED] == []
            self.every_move_is_legal_and_recorded()
        finally:
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def work_off(self, tree: Tree) -> None:
        if tree.is_leader_alive and not tree.has_lock and not tree.is_told:
            tree.has_lock = True
            tree.folder.process.write_text("{}")
            tree.write(events.Started(pid=1))
        elif tree.is_leader_alive:
            if not tree.is_told:
                tree.write(events.Stopped() if tree.folder.stop.exists() else events.Finished())
                tree.is_told = True
            tree.die(0)
        tree.children = 0

    def pick(self, index: int, fits: object) -> Tree | None:
        trees = [tree for tree in self.executor.trees.values() if fits(tree)]  # type: ignore[operator]
        return trees[index % len(trees)] if trees else None


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_the_scheduler_keeps_its_promises_whatever_happens() -> None:
    budget = settings(max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=QUIET)

    run_state_machine_as_test(SchedulerMachine, settings=budget)


@pytest.mark.faults
def test_the_scheduler_keeps_its_promises_for_long() -> None:
    """500 histories of 50 steps."""
    examples = int(os.environ.get("STUDIO_SCHEDULER_EXAMPLES", "500"))
    budget = settings(max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=QUIET)

    run_state_machine_as_test(SchedulerMachine, settings=budget)
    print(f"\nscheduler: {examples} histories of at most 50 steps, no promise broken")
