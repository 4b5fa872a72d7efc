"""The worker's life: take the lock, tell who it is, do what the order says, end with one last event."""

import json
import logging
import os
import platform
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from studio.errors import TrainingError
from studio.process_limits import GIB, ProcessLimits, limit_process, share_of_memory, usual_memory_bytes
from studio.runs.events import Finished, Started, Stopped
from studio.runs.folder import RunFolder, RunLock
from studio.runs.process import ProcessRecord
from studio.runs.spec import RunSpec, WorkerKind
from studio.training.failures.watchdog import Watchdog, dump_stacks, end_children, register_stack_dumps, stuck
from studio.training.processes.handed_secrets import take_secrets
from studio.training.processes.ranks import Ranks, fork_ranks
from studio.training.processes.stopping import StopRequested, StopSignal
from studio.training.reporting.reporter import ReportedLog, Reporter, SilentReporter

FINISHED = 0
FAILED = 1
LOCK_HELD = 3
STOPPED = 4
WATCHED = frozenset({WorkerKind.TRAIN, WorkerKind.PREDICT})
"""Work that goes on by itself from its beginning to its end."""


LIMITS: Mapping[WorkerKind, Callable[[], ProcessLimits]] = {
    WorkerKind.INSPECT: lambda: ProcessLimits(usual_memory_bytes()),
    WorkerKind.PREVIEW: lambda: ProcessLimits(usual_memory_bytes(), cpu_seconds=600, file_bytes=GIB),
    WorkerKind.PREDICT: lambda: ProcessLimits(share_of_memory()),
    WorkerKind.ONLINE_INFERENCE: lambda: ProcessLimits(share_of_memory(), file_bytes=GIB),
}
"""Of workers that read files of others. How long an inspection or a prediction takes is for the size of its data."""


def worker_process(path: Path) -> int:
    """`run_worker` in a process that is there for it alone, with the limits of its kind."""
    with suppress(OSError, ValueError):  # an order that cannot be read is told below
        limits = LIMITS.get(RunSpec.read(path).kind)
        if limits is not None:
            limit_process(limits())
    return run_worker(path)


def run_worker(path: Path) -> int:
    """Carry out the order in a run folder; gives the process's exit code. Never raises.

    The lock is taken before anything else in the folder is touched: whoever holds it is the run's one process.
    """
    os.umask(0o077)
    folder = RunFolder(path.resolve())
    lock = RunLock(folder)
    if not lock.acquire(patience_seconds=1.0):
        sys.stderr.write("Another process is already working on this run.\n")
        return LOCK_HELD
    # Data workers are forks: with their copy of the descriptor the lock would outlive this process.
    os.register_at_fork(after_in_child=lock.release)
    try:
        return _hold(folder)
    finally:
        lock.release()


def _hold(folder: RunFolder) -> int:
    """With the lock held: say who works, then work."""
    secrets = take_secrets(folder)
    spec = RunSpec.read(folder.path)
    RunFolder.create(folder.path)
    ProcessRecord.current().write(folder.process)
    _prepare_process(spec)
    register_stack_dumps()
    stop = StopSignal(folder)
    stop.listen()
    # Before the reporter: it has a thread, and a fork must find none.
    ranks = fork_ranks(folder, _processes(spec), lambda rank: _work_as_rank(folder, spec, rank), spec.devices)
    _show_device(spec, 0)
    reporter = Reporter(folder, spec.attempt, spec.fence, spec.devices)
    ranks.watch(lambda error: _give_up(reporter, error))
    watchdog = Watchdog(reporter.heartbeat, lambda seconds: _end_stuck(folder, reporter, ranks, seconds))
    if spec.kind in WATCHED:
        watchdog.start()
    try:
        return _carry_out(folder, spec, secrets, reporter, stop, ranks)
    finally:
        watchdog.close()
        ranks.close()
        reporter.close()


def _carry_out(
    folder: RunFolder,
    spec: RunSpec,
    secrets: Mapping[str, str],
    reporter: Reporter,
    stop: StopSignal,
    ranks: Ranks,
) -> int:
    from studio.training.failures.failures import Situation, failed_event

    handler = ReportedLog(reporter)
    logging.getLogger("studio").addHandler(handler)
    try:
        _do(folder, spec, secrets, reporter, stop)
    except StopRequested:
        reporter.event(_stopped(folder))
        return STOPPED
    except BaseException as error:  # the border of the process: whatever went wrong is told
        # torch raises in the middle of anything when a data worker dies, also while an earlier death is being told.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        event = failed_event(ranks.cause(error), Situation.of(spec, reporter))
        sys.stderr.write(f"{event.detail}\nerror: {event.message} {event.hint}\n")
        reporter.event(event)
        return FAILED
    finally:
        logging.getLogger("studio").removeHandler(handler)
    return FINISHED


def _do(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str], reporter: Reporter, stop: StopSignal) -> None:
    match spec.kind:
        case WorkerKind.TRAIN:
            _train(folder, spec, secrets, reporter, stop)
        case WorkerKind.INSPECT:
            _inspect(folder, spec, reporter, stop)
        case WorkerKind.PREDICT:
            from studio.training.predict import predict_table

            _begin(folder, spec, reporter, max(spec.seed, 0))
            reporter.event(predict_table(folder, spec, reporter, stop))
        case WorkerKind.PREVIEW:
            from studio.training.preview import preview

            _begin(folder, spec, reporter, 0)
            reporter.event(preview(folder, spec, reporter, stop))
        case WorkerKind.ONLINE_INFERENCE:
            from studio.training.online_inference import serve_online_inference

            _begin(folder, spec, reporter, max(spec.seed, 0))
            serve_online_inference(folder, spec, reporter, stop)
            reporter.event(Finished())


def _train(folder: RunFolder, spec: RunSpec, secrets: Mapping[str, str], reporter: Reporter, stop: StopSignal) -> None:
    from studio.training.finalize import finish, tell_finished
    from studio.training.inference_only import untrained
    from studio.training.processes.distributed import join_team
    from studio.training.pseudo_labels import train_stages
    from studio.training.reporting.trackers import tracking
    from studio.training.run_context import make_context
    from studio.training.start.resume import seed_of

    process_group = join_team(folder.path, 0, spec.devices)
    seed = process_group.from_first(seed_of(folder, spec))
    _begin(folder, spec, reporter, seed)
    stop.check()
    context = make_context(folder, spec, seed, reporter, stop, process_group)
    with tracking(folder, spec, context.settings, secrets, reporter) as tracker:
        if context.split.is_inference_only:
            trained = untrained(context)
        else:
            for note in context.recipe.notes(context.split.validation, context.split.test):
                reporter.log(note.level, note.text)
            context, trained = train_stages(context)
        finished = finish(context, trained)
        if tracker is not None:
            tracker.finished(finished)
    tell_finished(context, finished)


def _work_as_rank(folder: RunFolder, spec: RunSpec, rank: int) -> None:
    """One more process of a training on several devices: the same loop, and nothing told or written."""
    from studio.training.processes.distributed import join_team
    from studio.training.pseudo_labels import train_stages
    from studio.training.run_context import make_context
    from studio.training.start.resume import seed_of

    _show_device(spec, rank)
    _prepare_torch(spec)
    process_group = join_team(folder.path, rank, spec.devices)
    seed = process_group.from_first(seed_of(folder, spec))
    context = make_context(folder, spec, seed, SilentReporter(), StopSignal(folder), process_group)
    if not context.split.is_inference_only:
        with suppress(StopRequested):
            train_stages(context)


def _processes(spec: RunSpec) -> int:
    return max(1, len(spec.devices)) if spec.kind is WorkerKind.TRAIN else 1


def _give_up(reporter: Reporter, error: TrainingError) -> None:
    """This process waits for ever: tell, and end with all it started."""
    from studio.training.failures.failures import failed_event

    reporter.event(failed_event(error))
    with suppress(OSError):
        reporter.sync()
    end_children()
    os._exit(FAILED)


def _end_stuck(folder: RunFolder, reporter: Reporter, ranks: Ranks, seconds: float) -> None:
    """Nothing has happened for too long: write down what everybody is doing, tell, and end the process tree."""
    stacks, stopped = dump_stacks(folder.log)
    names = [ranks.name(ranks.living[one.pid]) if one.pid in ranks.living else "A data worker" for one in stopped]
    culprit = f"{names[0]} is stopped (state T)." if names else ""
    latest, phase = reporter.latest, reporter.phase
    where = f"after update {latest.update} (step {latest.step})" if latest else f"({phase.name})" if phase else ""
    error = stuck(seconds, where, culprit)
    error.add_note(stacks)
    _give_up(reporter, error)


def _inspect(folder: RunFolder, spec: RunSpec, reporter: Reporter, stop: StopSignal) -> None:
    from studio.importing.inspection_order import run_inspection

    reporter.event(Started(pid=os.getpid(), environment={"python": platform.python_version()}))
    run_inspection(spec, folder.path, InspectionReport(reporter, stop))
    reporter.progress(1.0)
    reporter.sync()
    reporter.event(Finished())


class InspectionReport:
    """What an inspection tells, passed on to the log; a stop is heard whenever it tells something."""

    def __init__(self, reporter: Reporter, stop: StopSignal) -> None:
        self._reporter = reporter
        self._stop = stop

    def progress(self, fraction: float, detail: str = "") -> None:
        """How far the work is."""
        self._stop.check()
        self._reporter.progress(fraction, detail)

    def log(self, level: str, text: str) -> None:
        """A line for the log."""
        known = {"debug": "debug", "warning": "warning", "error": "error"}
        self._reporter.log(known.get(level, "info"), text)  # type: ignore[arg-type]


def _begin(folder: RunFolder, spec: RunSpec, reporter: Reporter, seed: int) -> None:
    """Threads first: torch takes their number when it first computes."""
    import torch

    _prepare_torch(spec)
    from studio.modeling.checkpoint import versions
    from studio.training.start.resume import step_to_resume

    device = torch.cuda.get_device_name(0) if spec.devices and torch.cuda.is_available() else "CPU"
    environment = {**versions(), "device": device, "threads": str(max(1, spec.threads))}
    step = step_to_resume(folder) if spec.resume else None
    reporter.event(Started(pid=os.getpid(), seed=seed, resumed_from_step=step, environment=environment))


def _prepare_torch(spec: RunSpec) -> None:
    import torch

    torch.set_num_threads(max(1, spec.threads // _processes(spec)))
    if spec.seed >= 0 and torch.cuda.is_available():
        torch.use_deterministic_algorithms(True, warn_only=True)


def _show_device(spec: RunSpec, rank: int) -> None:
    """Each process of a training sees its own device only."""
    if _processes(spec) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(spec.devices[rank])


def _stopped(folder: RunFolder) -> Stopped:
    from studio.files import read_json

    pointer = folder.checkpoints / "latest.json"
    if not pointer.is_file():
        return Stopped()
    manifest = folder.checkpoints / str(read_json(pointer)["name"]) / "manifest.json"
    if not manifest.is_file():
        return Stopped()
    values = json.loads(manifest.read_bytes())
    return Stopped(step=int(values["step"]), epoch=float(values["epoch"]))


def _prepare_process(spec: RunSpec) -> None:
    """Environment that libraries read when they are imported; a forked worker has them imported already."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(str(device) for device in spec.devices)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, spec.threads)))
