"""What a new attempt takes over from the one before, read from its newest complete checkpoint."""

import sys

from studio.files import read_json
from studio.modeling.checkpoint import CheckpointStore
from studio.modeling.seeds import resolve_seed
from studio.runs.events import Started, read_events
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec


def seed_of(folder: RunFolder, spec: RunSpec) -> int:
    """The seed of the run: the one a resumed training began with, the order's, or a drawn one."""
    if spec.resume and (path := CheckpointStore(folder.checkpoints).latest()):
        return int(read_json(path / "state.json")["seed"])
    told = _told_seed(folder) if spec.resume and spec.seed < 0 else None
    return resolve_seed(spec.seed) if told is None else told


def _told_seed(folder: RunFolder) -> int | None:
    """The seed that an attempt drew which died before its first checkpoint; None if there was none."""
    events = (event for event, _ in read_events(folder.events, limit=sys.maxsize))
    return next((event.seed for event in events if isinstance(event, Started) and event.seed >= 0), None)


def step_to_resume(folder: RunFolder) -> int | None:
    """The step of the newest complete checkpoint, if there is one."""
    path = CheckpointStore(folder.checkpoints).latest()
    return int(read_json(path / "manifest.json")["step"]) if path else None
