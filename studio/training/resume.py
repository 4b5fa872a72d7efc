"""What a new attempt takes over from the one before, read from its newest complete checkpoint."""

from studio.files import read_json
from studio.modeling.checkpoint import CheckpointStore
from studio.modeling.seeds import resolve_seed
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec


def seed_of(folder: RunFolder, spec: RunSpec) -> int:
    """The seed of the run: the one a resumed training began with, the order's, or a drawn one."""
    if spec.resume and (path := CheckpointStore(folder.checkpoints).latest()):
        return int(read_json(path / "state.json")["seed"])
    return resolve_seed(spec.seed)


def step_to_resume(folder: RunFolder) -> int | None:
    """The step of the newest complete checkpoint, if there is one."""
    path = CheckpointStore(folder.checkpoints).latest()
    return int(read_json(path / "manifest.json")["step"]) if path else None
