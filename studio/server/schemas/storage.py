"""What takes room on the disk, and what can go."""

from studio.server.schemas.experiments import NamedId
from studio.server.schemas.payload import Payload


class ExperimentUse(Payload):
    """The room that an experiment takes."""

    experiment: NamedId
    size_bytes: int


class StorageUse(Payload):
    """What takes room in the home, in bytes."""

    total_bytes: int
    datasets_bytes: int
    experiments_bytes: int
    predictions_bytes: int
    experiments: list[ExperimentUse]
    """The largest first."""
    freeable_bytes: int
    """Optimizer states of finished runs, which nothing reads any more."""
    freeable_runs: int


class CleanUp(Payload):
    """What a clean-up removed."""

    freed_bytes: int
    files: int
    runs: int
