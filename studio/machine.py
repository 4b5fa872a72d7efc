"""What this machine has: cores, memory, disk, GPUs. `STUDIO_FAKE_GPUS=4` pretends GPUs, for tests of scheduling."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Gpu:
    """One device; `index` counts from 0."""

    index: int
    name: str
    memory_bytes: int
    used_bytes: int = 0
    busy_percent: float = 0.0
    is_fake: bool = False


@dataclass(frozen=True)
class Machine:
    """A snapshot of the machine."""

    cores: int
    memory_bytes: int
    memory_free_bytes: int
    disk_bytes: int
    disk_free_bytes: int
    cpu_percent: float
    gpus: tuple[Gpu, ...]

    @property
    def facts(self) -> dict[str, int]:
        """What conditions of settings may look at."""
        return {"machine.gpu_count": len(self.gpus)}


def usable_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def gpus() -> tuple[Gpu, ...]:
    """The GPUs, from NVML; none where there is no driver."""
    fake = os.environ.get("STUDIO_FAKE_GPUS", "")
    if fake.isdigit():
        return tuple(Gpu(index, f"Fake GPU {index + 1}", 16 << 30, is_fake=True) for index in range(int(fake)))
    try:
        import pynvml
    except ImportError:
        return ()
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        return tuple(_gpu(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount()))
    finally:
        pynvml.nvmlShutdown()


def _gpu(pynvml: object, index: int) -> Gpu:
    nvml = pynvml
    handle = nvml.nvmlDeviceGetHandleByIndex(index)  # type: ignore[attr-defined]
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)  # type: ignore[attr-defined]
    name = nvml.nvmlDeviceGetName(handle)  # type: ignore[attr-defined]
    busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu  # type: ignore[attr-defined]
    return Gpu(
        index, name if isinstance(name, str) else name.decode(), int(memory.total), int(memory.used), float(busy)
    )


def machine(folder: Path) -> Machine:
    """The machine as it is now; the disk is the one that holds `folder`."""
    memory = psutil.virtual_memory()
    disk = shutil.disk_usage(folder if folder.exists() else Path("/"))
    return Machine(
        cores=usable_cores(),
        memory_bytes=memory.total,
        memory_free_bytes=memory.available,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
        cpu_percent=psutil.cpu_percent(interval=None),
        gpus=gpus(),
    )
