"""What this run takes from the machine: processor, memory, GPUs, over its whole process tree."""

import os
from typing import Any

import psutil

from studio.machine import gpus


class Usage:
    """Use of the machine, for heartbeats."""

    def __init__(self, devices: tuple[int, ...] = ()) -> None:
        self._devices = devices
        self._process = psutil.Process(os.getpid())
        self._known: dict[int, psutil.Process] = {}

    def now(self) -> dict[str, Any]:
        """Fields of a heartbeat."""
        percent = memory = 0.0
        for process in self._tree():
            try:
                percent += process.cpu_percent()
                memory += process.memory_info().rss
            except psutil.Error:
                self._known.pop(process.pid, None)
        chosen = [gpu for gpu in gpus() if gpu.index in self._devices] if self._devices else []
        return {
            "cpu_percent": percent,
            "memory_bytes": int(memory),
            "gpu_percent": tuple(gpu.busy_percent for gpu in chosen),
            "gpu_memory_bytes": tuple(gpu.used_bytes for gpu in chosen),
        }

    def _tree(self) -> list[psutil.Process]:
        """Kept objects: the processor's share is measured between two calls on the same one."""
        try:
            processes = [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            processes = [self._process]
        self._known = {one.pid: self._known.get(one.pid, one) for one in processes}
        return list(self._known.values())
