"""MachineService: what this machine has, what it is doing, and what the installation lacks."""

import importlib.metadata
import platform
import re
from collections.abc import Callable
from functools import cache

from studio.datasets.formatting import gigabytes
from studio.machine import machine
from studio.runs.spec import WorkerKind
from studio.runs.state import ACTIVE, RunState
from studio.scheduling.launcher import State
from studio.server.schemas.machine import (
    About,
    Doctor,
    GpuInfo,
    LicenseInfo,
    MachineInfo,
    Queue,
    RunningWork,
    WaitingWork,
    WeightsInfo,
    WorkKind,
)
from studio.server.services.weights import Weights
from studio.server.version import studio_version
from studio.server.views import device_words
from studio.settings.finding import Finding, FindingLevel
from studio.store.home import Home
from studio.store.runs import RunRow
from studio.store.store import Store

LOW_DISK_BYTES = 2 << 30
FLOORS = {
    "starlette": "1.3.1",
    "python-multipart": "0.0.27",
    "torch": "2.10",
    "transformers": "5.3.0",
    "pyarrow": "23.0.1",
    "pillow": "12.3.0",
}
"""Below these versions known weaknesses are open; what is not installed does not count."""
NEEDED = ("torch", "torchvision", "timm", "effdet", "safetensors", "albumentations", "scikit-learn")
_KINDS: dict[WorkerKind, WorkKind] = {
    WorkerKind.TRAIN: "run",
    WorkerKind.INSPECT: "inspect",
    WorkerKind.PREDICT: "predict",
}


class MachineService:
    """Looks at the machine."""

    def __init__(self, home: Home, store: Store, weights: Weights, launcher: Callable[[], State]) -> None:
        self._home = home
        self._store = store
        self._weights = weights
        self._launcher = launcher

    def info(self) -> MachineInfo:
        """What this machine has, now."""
        here = machine(self._home.path)
        holders = {device: run.id for run in self._store.runs.in_states(ACTIVE) for device in run.devices}
        return MachineInfo(
            cores=here.cores,
            memory_bytes=here.memory_bytes,
            memory_free_bytes=here.memory_free_bytes,
            disk_bytes=here.disk_bytes,
            disk_free_bytes=here.disk_free_bytes,
            cpu_percent=here.cpu_percent,
            gpus=[
                GpuInfo(
                    index=gpu.index,
                    name=gpu.name,
                    memory_bytes=gpu.memory_bytes,
                    used_bytes=gpu.used_bytes,
                    busy_percent=gpu.busy_percent,
                    run_id=holders.get(gpu.index),
                )
                for gpu in here.gpus
            ],
            weights=WeightsInfo(
                hub=self._weights.hub(), packaged=self._weights.packaged(), cached=self._weights.cached()
            ),
            launcher=self._launcher(),
        )

    def queue(self) -> Queue:
        """What runs and what waits, and why."""
        running = [
            RunningWork(
                kind=_KINDS[run.kind],
                id=run.id,
                name=self._name(run),
                experiment_id=run.experiment_id,
                progress=run.progress,
                seconds_left=run.seconds_left,
                device=device_words(run.devices),
                started=run.started,
                memory_bytes=(run.machine or {}).get("memory_bytes"),
            )
            for run in self._store.runs.in_states(ACTIVE)
        ]
        waiting = [
            WaitingWork(
                kind=_KINDS[run.kind],
                id=run.id,
                name=self._name(run),
                experiment_id=run.experiment_id,
                position=position,
                reason=run.queued_reason or "It starts in a moment.",
            )
            for position, run in enumerate(self._store.runs.in_states([RunState.QUEUED]), start=1)
        ]
        return Queue(running=running, waiting=waiting)

    def doctor(self) -> Doctor:
        """What this installation lacks."""
        findings = [*_library_findings(), *self._machine_findings()]
        return Doctor(ok=not any(finding.blocks for finding in findings), findings=findings)

    def about(self) -> About:
        """Version and licenses."""
        return About(
            version=studio_version(),
            python=platform.python_version(),
            home=str(self._home.path),
            licenses=list(_licenses()),
        )

    def _name(self, run: RunRow) -> str:
        match run.kind:
            case WorkerKind.TRAIN:
                name = self._store.experiments.get(run.experiment_id or "").name
                return name if not run.number else f"{name}, run {run.number + 1}"
            case WorkerKind.INSPECT:
                return next((row.name for row in self._store.datasets.all() if row.id == run.id), run.id)
            case _:
                return self._store.predictions.get(run.id).name

    def _machine_findings(self) -> list[Finding]:
        here = machine(self._home.path)
        findings = []
        if here.disk_free_bytes < LOW_DISK_BYTES:
            findings.append(
                Finding(
                    code="disk_low",
                    path="disk",
                    message=f"Only {gigabytes(here.disk_free_bytes)} are free where the home is.",
                    found=f"{here.disk_free_bytes} bytes",
                    expected=f"at least {LOW_DISK_BYTES} bytes",
                    fix="Delete experiments or datasets, or move the home to a larger disk.",
                )
            )
        if not here.gpus:
            findings.append(_note("no_gpu", "devices", "There is no GPU; training uses the CPU."))
        hub = self._weights.hub(waits=True)
        if hub != "reachable":
            cached, packaged = len(self._weights.cached()), self._weights.packaged()
            findings.append(
                _note(
                    "hub",
                    "weights.hub",
                    f"The model hub is {hub}. Pretrained weights come from packages ({', '.join(packaged) or 'none'}) "
                    f"or the cache ({cached} models).",
                )
            )
        return findings


def _library_findings() -> list[Finding]:
    findings = []
    for name, floor in FLOORS.items():
        found = _installed(name)
        if found is not None and _numbers(found) < _numbers(floor):
            findings.append(
                Finding(
                    code="below_floor",
                    path=f"libraries.{name}",
                    message=f"{name} {found} has known vulnerabilities.",
                    found=found,
                    expected=f"at least {floor}",
                    fix="Run make setup again.",
                )
            )
    for name in NEEDED:
        if _installed(name) is None:
            findings.append(
                Finding(
                    code="missing_library",
                    path=f"libraries.{name}",
                    message=f"{name} is not installed, but training needs it.",
                    found="not installed",
                    expected="installed",
                    fix="Run make setup, or pip install 'deepstudio[train]'.",
                )
            )
    return findings


def _field(meta: importlib.metadata.PackageMetadata, name: str) -> str:
    return meta[name] or "" if name in meta else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def _note(code: str, path: str, message: str) -> Finding:
    return Finding(level=FindingLevel.NOTE, code=code, path=path, message=message)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def _licenses() -> tuple[LicenseInfo, ...]:
    found = {}
    for distribution in importlib.metadata.distributions():
        meta = distribution.metadata
        name = meta["Name"]
        if not name:
            continue
        license = _field(meta, "License-Expression") or _field(meta, "License").strip().partition("\n")[0][:80]
        if not license:
            classifiers = [one for one in meta.get_all("Classifier") or [] if one.startswith("License ::")]
            license = classifiers[0].rpartition("::")[2].strip() if classifiers else "see the package"
        found[name.lower()] = LicenseInfo(name=name, version=distribution.version, license=license)
    return tuple(found[name] for name in sorted(found))
