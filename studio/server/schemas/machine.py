"""The machine and its queue."""

from typing import Literal

from studio.server.schemas.payload import Payload
from studio.settings.finding import Finding

WorkKind = Literal["run", "inspect", "predict"]


class GpuInfo(Payload):
    """One GPU."""

    index: int
    name: str
    memory_bytes: int
    used_bytes: int
    busy_percent: float
    run_id: str | None


class WeightsInfo(Payload):
    """Where pretrained weights can come from."""

    hub: Literal["reachable", "unreachable", "unknown"]
    packaged: list[str]
    cached: list[str]


class MachineInfo(Payload):
    """What this machine has."""

    cores: int
    memory_bytes: int
    memory_free_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    cpu_percent: float
    gpus: list[GpuInfo]
    weights: WeightsInfo
    launcher: Literal["warm", "warming", "off"]


class RunningWork(Payload):
    """Something that is being worked on."""

    kind: WorkKind
    id: str
    name: str
    experiment_id: str | None
    progress: float
    seconds_left: float | None
    device: str
    started: float | None
    memory_bytes: int | None


class WaitingWork(Payload):
    """Something that waits, and why."""

    kind: WorkKind
    id: str
    name: str
    experiment_id: str | None
    position: int
    reason: str


class Queue(Payload):
    """What runs and what waits."""

    running: list[RunningWork]
    waiting: list[WaitingWork]


class QueueOrder(Payload):
    """The waiting runs in their new order."""

    run_ids: list[str]


class Doctor(Payload):
    """What is wrong with the installation, if anything."""

    ok: bool
    findings: list[Finding]


class LicenseInfo(Payload):
    """A distribution and its license."""

    name: str
    version: str
    license: str


class About(Payload):
    """The installation."""

    version: str
    python: str
    home: str
    licenses: list[LicenseInfo]
