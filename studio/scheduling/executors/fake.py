"""FakeExecutor: workers as threads that write the events a training would, for tests of everything around it."""

import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydantic import BaseModel

from studio.runs import events
from studio.runs.folder import RunFolder, RunLock, is_run_alive
from studio.runs.spec import RunSpec
from studio.scheduling.decide import Force

Script = Callable[[RunSpec], Iterable[BaseModel]]
"""The events of one worker, in order."""


@dataclass
class _Worker:
    thread: threading.Thread
    killed: threading.Event


class FakeExecutor:
    """Threads instead of processes; they hold real locks and write real logs."""

    def __init__(self, script: Script | None = None, pause_seconds: float = 0.0) -> None:
        self._script = script or epochs_script()
        self._pause_seconds = pause_seconds
        self._workers: dict[str, _Worker] = {}
        self.launched: list[str] = []

    def launch(self, folder: RunFolder, spec: RunSpec) -> None:
        """Start a thread that works through the script."""
        self.launched.append(spec.run_id)
        killed = threading.Event()
        thread = threading.Thread(target=self._work, args=(folder, spec, killed), name=spec.run_id, daemon=True)
        self._workers[str(folder.path)] = _Worker(thread, killed)
        thread.start()

    def is_alive(self, folder: RunFolder) -> bool:
        """The lock says so."""
        return is_run_alive(folder)

    def exit_code(self, folder: RunFolder) -> int | None:
        """-9 for a thread that was killed."""
        worker = self._workers.get(str(folder.path))
        if worker is None or worker.thread.is_alive():
            return None
        return -9 if worker.killed.is_set() else 0

    def remaining(self, folder: RunFolder) -> int:
        """A thread that has given its lock back has nothing left to do."""
        return 0

    def signal(self, folder: RunFolder, force: Force) -> None:
        """End the thread before its next event."""
        worker = self._workers.get(str(folder.path))
        if worker is not None and force != "dump":
            worker.killed.set()

    def sweep(self, folder: RunFolder) -> None:
        """There is nothing left behind."""

    def join(self) -> None:
        """Wait for every worker."""
        for worker in self._workers.values():
            worker.thread.join(timeout=30)

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers.values():
            worker.killed.set()

    def _work(self, folder: RunFolder, spec: RunSpec, killed: threading.Event) -> None:
        lock = RunLock(folder)
        if not lock.acquire():
            return
        try:
            number = _last_number(folder)
            with folder.events.open("ab") as log:
                for event in self._script(spec):
                    if killed.is_set():
                        return
                    is_stop = folder.stop.exists() and not isinstance(event, events.Started)
                    number += 1
                    shown = events.Stopped() if is_stop else event
                    stamp = {"n": number, "attempt": spec.attempt, "fence": spec.fence, "time": time.time()}
                    log.write(events.encode(shown.model_copy(update=stamp)))
                    log.flush()
                    if is_stop:
                        return
                    time.sleep(self._pause_seconds)
        finally:
            lock.release()


def epochs_script(epochs: int = 5, steps: int = 20, metric: str = "LogLoss") -> Script:
    """A training whose loss falls."""

    def script(spec: RunSpec) -> Iterable[BaseModel]:
        yield events.Started(pid=0, seed=max(spec.seed, 1), environment={"device": "CPU"})
        yield events.Phase(name="training")
        total = epochs * steps
        for number in range(1, total + 1):
            epoch = number / steps
            yield events.Metrics(points={"train.loss": ((number, math.exp(-number / total)),)}, epoch=epoch)
            if number % steps == 0:
                value = 0.9 * math.exp(-number / total)
                yield events.Metrics(points={f"validation.{metric}": ((number, value),)}, epoch=epoch)
                yield events.BestValidation(metric=value, epoch=epoch, step=number)
                yield events.Log(text=f"Epoch {epoch:g} of {epochs}")
            yield events.Progress(
                fraction=number / total,
                epoch=epoch,
                epochs=epochs,
                step=number,
                update=number,
                updates=total,
                seconds_left=float(total - number),
            )
        last = 0.9 * math.exp(-1)
        yield events.Finished(
            metrics={"validation": {metric: last}}, best={"metric": last, "epoch": float(epochs), "step": float(total)}
        )

    return script


def _last_number(folder: RunFolder) -> int:
    return max((event.n for event, _ in events.read_events(folder.events, limit=1_000_000)), default=0)
