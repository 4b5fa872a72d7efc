"""RunFolder: what lies where in a run's folder.

spec.json  secrets.json  run.lock  run.json  events.jsonl  worker.log  stop  answer.sock
checkpoints/ckpt-<step>/  checkpoints/latest.json  checkpoints/best.json
checkpoints/probe.safetensors  checkpoints/soup/<step>.safetensors  (weights to be averaged, until the run is finished)
insights/<key>.json  insights/media/  predictions/  assets/  bundle/  pipeline.zip
"""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path

from studio.files import private_folder


@dataclass(frozen=True)
class RunFolder:
    """Names inside one run's folder."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """Make the folder and its fixed subfolders, private to the owner."""
        for name in ("", "checkpoints", "insights", "insights/media", "predictions"):
            private_folder(path / name)
        return cls(path)

    @property
    def lock(self) -> Path:
        """Held exclusively by the worker for as long as it lives; death of any kind releases it."""
        return self.path / "run.lock"

    @property
    def process(self) -> Path:
        """pid, start time and boot id of the worker."""
        return self.path / "run.json"

    @property
    def events(self) -> Path:
        """The event log: the truth about this run."""
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        """Output of the worker."""
        return self.path / "worker.log"

    @property
    def secrets(self) -> Path:
        """What an integration of this run needs to log in; the worker deletes it as it reads it."""
        return self.path / "secrets.json"

    @property
    def preview(self) -> Path:
        """What a preview shows, if this folder is of one."""
        return self.path / "preview.json"

    @property
    def media_previews(self) -> Path:
        """Pictures of predicted files that browsers do not draw."""
        return self.path / "previews"

    @property
    def stop(self) -> Path:
        """Exists when the run is asked to stop after the present step."""
        return self.path / "stop"

    @property
    def checkpoints(self) -> Path:
        """Complete checkpoints, and at most one unfinished one."""
        return self.path / "checkpoints"

    @property
    def insights(self) -> Path:
        """One JSON file an insight."""
        return self.path / "insights"

    @property
    def probe(self) -> Path:
        """The weights before training, if their last layer is a linear probe; dropped when the run is finished."""
        return self.path / "checkpoints" / "probe.safetensors"

    def soup(self, step: int) -> Path:
        """Weights that were validated at a step, kept to be averaged; dropped when the run is finished."""
        return self.path / "checkpoints" / "soup" / f"{step}.safetensors"

    @property
    def assets(self) -> Path:
        """What the model needs beside its weights, made at the start of the first attempt."""
        return self.path / "assets"

    @property
    def predictions(self) -> Path:
        """Tables of predictions; see `results/prediction.py`."""
        return self.path / "predictions"

    @property
    def bundle(self) -> Path:
        """The trained model as the predictor loads it."""
        return self.path / "bundle"

    @property
    def pipeline(self) -> Path:
        """The scoring pipeline."""
        return self.path / "pipeline.zip"

    @property
    def inference_socket(self) -> Path:
        """Where an answer worker listens."""
        return self.path / "answer.sock"


class RunLock:
    """An exclusive kernel-held lock on a run. Whoever holds it is the run's one process tree."""

    def __init__(self, folder: RunFolder) -> None:
        self._path = folder.lock
        self._descriptor: int | None = None

    def acquire(self, patience_seconds: float = 0.0) -> bool:
        """Take the lock; False if somebody else holds it, and goes on holding it for that long.

        A worker is patient for a moment, because whoever asks `is_run_alive` holds the lock while it looks.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience_seconds
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return False
            time.sleep(0.02)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back, if held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_run_alive(folder: RunFolder) -> bool:
    """Whether some process holds the run's lock. Needs no pid, so a reused pid cannot fool it."""
    if not folder.lock.exists():
        return False
    lock = RunLock(folder)
    if lock.acquire():
        lock.release()
        return False
    return True
