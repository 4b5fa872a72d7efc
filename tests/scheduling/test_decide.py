"""decide is a table: what is seen on the left, what is done on the right."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.runs.spec import WorkerKind
from studio.runs.state import ACTIVE, MOVES, RunState
from studio.scheduling.decide import Action, Hold, Launch, Move, Signal, Slots, Sweep, Waiting, Working, decide

STARTING, RUNNING, STOPPING = RunState.STARTING, RunState.RUNNING, RunState.STOPPING


def follow(state: RunState, **seen: object) -> list[Action]:
    fields = {"seconds": 1.0, "is_alive": True, **seen}
    return list(decide([], Slots(), [Working("r", WorkerKind.TRAIN, state, **fields)]))


def words(actions: list[Action]) -> list[str]:
    told = []
    for action in actions:
        match action:
            case Move():
                told.append(f"{action.state.value} {action.code}".strip())
            case Signal():
                told.append(f"signal {action.force}")
            case Sweep():
                told.append("sweep")
    return told


@pytest.mark.parametrize(
    ("state", "seen", "done"),
    [
        # A start: patience, then once more, then given up.
        (STARTING, {"is_alive": None}, []),
        (STARTING, {"is_alive": None, "seconds": 29.0}, []),
        (STARTING, {"is_alive": False, "seconds": 31.0}, ["queued"]),
        (STARTING, {"is_alive": False, "seconds": 31.0, "launches": 2}, ["lost no_start"]),
        (STARTING, {"is_alive": False, "seconds": 13.0, "is_inherited": True}, ["queued"]),
        (STARTING, {"is_alive": False, "exit_code": 1}, ["queued"]),
        (STARTING, {"is_alive": False, "exit_code": 1, "launches": 2}, ["lost no_start"]),
        (STARTING, {"is_alive": True, "seconds": 300.0}, []),
        (STARTING, {"is_alive": True, "silent_seconds": 300.0}, ["signal dump"]),
        (STARTING, {"is_alive": False, "forced": "kill"}, ["failed stuck"]),
        (STARTING, {"is_alive": False, "seconds": 31.0, "remaining": 1, "gone_seconds": 21.0}, ["sweep"]),
        (STARTING, {"is_alive": True, "reported": "started"}, ["running"]),
        (STARTING, {"is_alive": False, "reported": "started", "exit_code": -9}, ["lost killed"]),
        (STARTING, {"is_alive": False, "reported": "finished"}, ["finished"]),
        # Running: only the kernel's lock says that a worker is gone.
        (RUNNING, {}, []),
        (RUNNING, {"seconds": 1e6}, []),
        (RUNNING, {"is_alive": False, "reported": "started", "gone_seconds": 1.0}, []),
        (RUNNING, {"is_alive": False, "reported": "started", "gone_seconds": 1.6}, ["lost vanished"]),
        (RUNNING, {"is_alive": False, "reported": "started", "exit_code": -9}, ["lost killed"]),
        (RUNNING, {"is_alive": False, "exit_code": -9, "is_memory_short": True}, ["lost oom_host"]),
        (RUNNING, {"is_alive": False, "exit_code": -11, "is_memory_short": True}, ["lost crashed"]),
        (RUNNING, {"is_alive": False, "exit_code": 0}, ["failed no_result"]),
        # What it started outlives it: first time to end by itself, then force, and no end before.
        (RUNNING, {"is_alive": False, "reported": "finished", "remaining": 1, "gone_seconds": 2.9}, []),
        (RUNNING, {"is_alive": False, "reported": "finished", "remaining": 1, "gone_seconds": 3.1}, ["sweep"]),
        (RUNNING, {"is_alive": False, "exit_code": -9, "remaining": 2, "gone_seconds": 600.0}, ["sweep"]),
        # Silent for too long: its stacks, a moment, its end.
        (RUNNING, {"silent_seconds": 299.0}, []),
        (RUNNING, {"silent_seconds": 300.0}, ["signal dump"]),
        (RUNNING, {"silent_seconds": 304.0, "forced": "dump"}, []),
        (RUNNING, {"silent_seconds": 305.0, "forced": "dump"}, ["signal kill"]),
        (RUNNING, {"silent_seconds": 306.0, "forced": "kill"}, []),
        (RUNNING, {"silent_seconds": 306.0, "forced": "kill", "is_alive": False}, ["failed stuck"]),
        (RUNNING, {"is_alive": False, "reported": "failed"}, ["failed"]),
        (RUNNING, {"is_alive": False, "reported": "stopped"}, ["stopped"]),
        # The end is told when the process is gone, so that its devices are free.
        (RUNNING, {"is_alive": True, "reported": "finished"}, []),
        (RUNNING, {"is_alive": True, "reported": "finished", "reported_seconds": 11.0}, ["signal kill"]),
        (RUNNING, {"is_alive": True, "reported": "finished", "reported_seconds": 12.0, "forced": "kill"}, []),
        # Stopping: asked, then terminated, then killed.
        (STOPPING, {"seconds": 19.0}, []),
        (STOPPING, {"seconds": 21.0}, ["signal term"]),
        (STOPPING, {"seconds": 22.0, "forced": "term"}, []),
        (STOPPING, {"seconds": 31.0, "forced": "term"}, ["signal kill"]),
        (STOPPING, {"is_alive": False, "forced": "kill", "reported": "started"}, ["stopped"]),
        (STOPPING, {"is_alive": False, "reported": "started", "gone_seconds": 2.0}, ["lost vanished"]),
        (STOPPING, {"is_alive": False, "forced": "kill", "remaining": 1, "gone_seconds": 3.0}, ["sweep"]),
        (STOPPING, {"is_alive": False, "reported": "finished"}, ["finished"]),
        (STOPPING, {"is_alive": False, "seconds": 31.0}, ["stopped"]),
        (STOPPING, {"is_alive": None, "seconds": 3.0}, []),
    ],
)
def test_what_is_seen_decides_what_is_done(state: RunState, seen: dict[str, object], done: list[str]) -> None:
    assert words(follow(state, **seen)) == done


def test_one_training_at_a_time_on_the_processor_and_others_beside_it() -> None:
    queue = [
        Waiting("a", WorkerKind.TRAIN),
        Waiting("b", WorkerKind.TRAIN),
        Waiting("c", WorkerKind.INSPECT),
        Waiting("d", WorkerKind.PREDICT),
        Waiting("e", WorkerKind.PREDICT),
    ]

    actions = decide(queue, Slots(), [])

    assert [one.id for one in actions if isinstance(one, Launch)] == ["a", "c", "d"]
    assert [one.id for one in actions if isinstance(one, Hold)] == ["b", "e"]


def test_each_run_takes_a_free_gpu_of_those_it_may_use() -> None:
    queue = [
        Waiting("any", WorkerKind.TRAIN, (0, 1, 2)),
        Waiting("next", WorkerKind.TRAIN, (0, 1, 2)),
        Waiting("late", WorkerKind.TRAIN, (0, 1)),
        Waiting("cpu", WorkerKind.TRAIN),
    ]
    busy = Working("first", WorkerKind.TRAIN, RUNNING, 1.0, True, devices=(0,))

    actions = decide(queue, Slots(gpus=(0, 1, 2)), [busy])

    assert [one for one in actions if isinstance(one, Launch)] == [
        Launch("any", (1,)),
        Launch("next", (2,)),
        Launch("cpu", ()),
    ]
    assert next(one.reason for one in actions if one.id == "late") == "GPU 1, 2 is in use."


def test_a_run_that_wants_a_gpu_this_machine_lacks_uses_the_processor() -> None:
    assert decide([Waiting("a", WorkerKind.TRAIN, (3,))], Slots(), []) == (Launch("a", ()),)


def test_a_run_takes_as_many_gpus_as_it_asks_for() -> None:
    queue = [Waiting("pair", WorkerKind.TRAIN, (0, 1, 2, 3), 2), Waiting("other", WorkerKind.TRAIN, (0, 1, 2, 3), 2)]

    actions = decide(queue, Slots(gpus=(0, 1, 2, 3)), [])

    assert actions == (Launch("pair", (0, 1)), Launch("other", (2, 3)))


def test_free_gpus_are_kept_for_a_run_that_needs_several() -> None:
    busy = Working("first", WorkerKind.TRAIN, RUNNING, 1.0, True, devices=(0,))
    queue = [Waiting("pair", WorkerKind.TRAIN, (0, 1), 2), Waiting("single", WorkerKind.TRAIN, (0, 1))]

    held, next_held = decide(queue, Slots(gpus=(0, 1)), [busy])

    assert held == Hold("pair", "It needs 2 GPUs at once; 1 of the 2 it may use are free.")
    assert next_held == Hold("single", "GPU 1, 2 is in use.")


def test_a_run_that_asks_for_more_gpus_than_it_may_use_takes_all_of_them() -> None:
    assert decide([Waiting("a", WorkerKind.TRAIN, (0, 1), 8)], Slots(gpus=(0, 1)), []) == (Launch("a", (0, 1)),)


def test_nothing_starts_on_a_disk_that_is_nearly_full() -> None:
    [action] = decide([Waiting("a", WorkerKind.TRAIN)], Slots(is_disk_low=True), [])

    assert isinstance(action, Hold)
    assert "disk" in action.reason


KINDS = st.sampled_from([WorkerKind.TRAIN, WorkerKind.INSPECT, WorkerKind.PREDICT])
GPUS = st.lists(st.integers(0, 3), max_size=3, unique=True).map(tuple)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine, not of the test
@given(
    queue=st.lists(st.tuples(KINDS, GPUS), max_size=8),
    workers=st.lists(
        st.tuples(
            KINDS,
            st.sampled_from(sorted(ACTIVE)),
            st.floats(0, 100),
            st.sampled_from([None, True, False]),
            st.sampled_from([None, "started", "finished", "failed", "stopped"]),
            st.sampled_from([None, "term", "kill"]),
            st.integers(1, 2),
        ),
        max_size=4,
    ),
    count=st.integers(0, 4),
    cpu_runs=st.integers(1, 3),
)
def test_whatever_is_seen_moves_are_legal_and_places_are_kept(queue, workers, count, cpu_runs) -> None:
    waiting = [Waiting(f"q{index}", kind, gpus) for index, (kind, gpus) in enumerate(queue)]
    working = [
        Working(f"w{index}", kind, state, seconds, alive, reported, forced=forced, launches=launches)
        for index, (kind, state, seconds, alive, reported, forced, launches) in enumerate(workers)
    ]
    slots = Slots(gpus=tuple(range(count)), cpu_runs=cpu_runs)

    actions = decide(waiting, slots, working)

    states = {worker.id: worker.state for worker in working}
    assert all(action.state in MOVES[states[action.id]] for action in actions if isinstance(action, Move))
    launched = [action for action in actions if isinstance(action, Launch)]
    devices = [device for action in launched for device in action.devices]
    assert len(devices) == len(set(devices))
    assert set(devices) <= set(slots.gpus)
    answered = [action.id for action in actions if isinstance(action, Launch | Hold)]
    assert sorted(answered) == sorted(one.id for one in waiting)
    kinds = {one.id: one.kind for one in waiting}
    on_cpu = sum(1 for one in launched if kinds[one.id] is WorkerKind.TRAIN and not one.devices)
    busy = sum(1 for worker in working if worker.kind is WorkerKind.TRAIN)
    assert on_cpu <= max(0, cpu_runs - busy)


def test_a_start_whose_folder_was_not_made_yet_is_made_again_and_one_that_had_begun_is_gone() -> None:
    """A server that dies between its decision and the start leaves no folder."""
    [again] = follow(RunState.STARTING, is_alive=False, seconds=31.0, is_folder_gone=True)
    [gone] = follow(RUNNING, is_alive=False, reported="started", is_folder_gone=True)

    assert (again.state, gone.state, gone.code) == (RunState.QUEUED, RunState.FAILED, "files_gone")
