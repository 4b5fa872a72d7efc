"""The stub's work, as the keys of DEFAULTS say. A running stub follows a change of `steps`, so a test can end it."""

import faulthandler
import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from studio.runs import events
from studio.runs.folder import RunFolder, RunLock
from studio.runs.process import ProcessRecord
from studio.runs.spec import RunSpec

DEFAULTS: dict[str, Any] = {
    "steps": 40,
    "pause": 0.05,
    "children": 0,
    "checkpoint_every": 10,
    "checkpoint_seconds": 0.0,
    "delay": 0.0,
    "ending": "finished",
    "deaf": False,
    "silent_at": 0,
    "greedy_at": 0,
}


def run(path: Path) -> int:
    """Do as ordered; gives the exit code."""
    os.umask(0o077)
    orders = read_orders()
    time.sleep(orders["delay"])
    folder = RunFolder(path)
    lock = RunLock(folder)
    if not lock.acquire(patience_seconds=1.0):
        return 3
    os.register_at_fork(after_in_child=lock.release)
    return _Trainer(folder, orders).work()


def read_orders() -> dict[str, Any]:
    """What the test wants of stubs now."""
    return DEFAULTS | json.loads(Path(os.environ["STUDIO_STUB_ORDERS"]).read_text() or "{}")


class _Trainer:
    def __init__(self, folder: RunFolder, orders: dict[str, Any]) -> None:
        self.folder = folder
        self.orders = orders
        self.spec = RunSpec.read(folder.path)
        ProcessRecord.current().write(folder.process)
        faulthandler.register(signal.SIGUSR1)
        self.is_told = False
        signal.signal(signal.SIGTERM, self._on_term)
        self.devices = [self._take(device) for device in self.spec.devices]
        for _ in range(orders["children"]):
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(600)
                os._exit(0)
        lines = folder.events.read_bytes().splitlines() if folder.events.exists() else []
        self.number = json.loads(lines[-1])["n"] if lines else 0
        self.log = folder.events.open("ab")

    def work(self) -> int:
        start = self._resumed()
        self.tell(events.Started(pid=os.getpid(), seed=1, resumed_from_step=start or None))
        self.tell(events.Phase(name="training"))
        step = start
        while step < (steps := read_orders()["steps"]):
            step += 1
            if self._is_stopped():
                self.tell(events.Stopped(step=step - 1))
                return 4
            if step == self.orders["silent_at"]:
                time.sleep(600)
            if step == self.orders["greedy_at"]:
                self.hoard = [os.urandom(1 << 20) for _ in range(1 << 12)]
            time.sleep(self.orders["pause"])
            self.tell(events.Metrics(points={"train.loss": ((step, 1.0 / step),)}))
            self.tell(events.Progress(fraction=step / steps, epoch=step / 10, epochs=steps // 10, step=step))
            if step % self.orders["checkpoint_every"] == 0:
                self._checkpoint(step)
        return self._end()

    def tell(self, event: Any) -> None:
        self.number += 1
        stamp = {"n": self.number, "attempt": self.spec.attempt, "fence": self.spec.fence, "time": time.time()}
        self.log.write(events.encode(event.model_copy(update=stamp)))
        self.log.flush()

    def _end(self) -> int:
        ending = self.orders["ending"]
        if ending == "segv":
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGSEGV)
        elif ending == "nothing":
            return 0
        else:
            self.tell(events.Finished(metrics={"train": {"loss": 0.1}}))
        return 0

    def _checkpoint(self, step: int) -> None:
        temporary = self.folder.checkpoints / f".ckpt-{step}.tmp"
        temporary.mkdir()
        time.sleep(self.orders["checkpoint_seconds"])
        (temporary / "manifest.json").write_text(json.dumps({"step": step}))
        target = self.folder.checkpoints / f"ckpt-{step}"
        os.rename(temporary, target)
        self.tell(events.CheckpointSaved(name=target.name, step=step, epoch=step / 10))

    def _resumed(self) -> int:
        """The step of the newest whole checkpoint."""
        for left in self.folder.checkpoints.glob(".*.tmp"):
            left.rmdir()
        if not self.spec.resume:
            return 0
        return max((int(one.name[5:]) for one in self.folder.checkpoints.glob("ckpt-*")), default=0)

    def _take(self, device: int) -> int:
        """A device is a locked file; the lock is inherited by children, as handles of a real one are."""
        base = Path(os.environ["STUDIO_STUB_ORDERS"]).parent
        file = os.open(base / f"device-{device}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            (base / "given-twice").write_text(f"device {device} to {self.spec.run_id}")
        return file

    def _is_stopped(self) -> bool:
        return not self.orders["deaf"] and (self.is_told or self.folder.stop.exists())

    def _on_term(self, number: int, frame: object) -> None:
        self.is_told = True
        sys.stderr.write("told to end\n")
