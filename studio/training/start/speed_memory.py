"""What speed probes found, remembered in the home: a run that is like an earlier one begins in its mode at once.

One file, `speeds.json`. Workers read it at their start and replace it as a whole, so that of two that write at once
one entry may be lost, and nothing worse. A file that is damaged, too large, or of another version is an empty one.
"""

import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import nn

from studio.files import write_json
from studio.json_text import parse_json
from studio.modeling.checkpoint import versions
from studio.modeling.compute_mode import ComputeMode
from studio.modeling.layout import Layout
from studio.modeling.precision import Precision
from studio.runs.events import SpeedCandidate
from studio.training.run_context import RunContext
from studio.training.start.speed_probe import Choice

VARIABLE = "STUDIO_SPEEDS"
VERSION = 1
MAX_ENTRIES = 100
MAX_BYTES = 1 << 20
IRRELEVANT = frozenset({"general", "dataset", "augmentation", "training", "prediction", "environment", "logging"})
"""Sections that do not decide how long a step takes; of the training the loss and the batch size do."""


class Remembered(BaseModel):
    """What a probe found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout: Layout
    precision: Precision
    gain: float
    seconds: float
    """Of a step in the default mode."""
    candidates: tuple[SpeedCandidate, ...]
    measured: float
    """When, as seconds since 1970."""

    @property
    def mode(self) -> ComputeMode:
        """The mode that was chosen."""
        return ComputeMode(self.layout, self.precision)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    entries: dict[str, Remembered]


@dataclass(frozen=True)
class SpeedMemory:
    """The file; without a path nothing is remembered."""

    path: Path | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "SpeedMemory":
        """The one that the server names to its workers."""
        given = environment.get(VARIABLE)
        return cls(Path(given) if given else None)

    def find(self, key: str, modes: Sequence[ComputeMode]) -> Remembered | None:
        """What was found for this key, if it is one of these modes."""
        found = self._read().get(key)
        return found if found is not None and found.mode in modes else None

    def keep(self, key: str, choice: Choice, default: ComputeMode) -> None:
        """Remember a complete measurement; a disk that does not take it is no failure of the run."""
        seconds = next(
            (one.seconds for one in choice.candidates if ComputeMode.from_json(one.model_dump()) == default), None
        )
        if self.path is None or not choice.is_complete or seconds is None:
            return
        entries = self._read()
        entries.pop(key, None)
        entries[key] = Remembered(
            layout=choice.mode.layout,
            precision=choice.mode.precision,
            gain=choice.gain,
            seconds=seconds,
            candidates=choice.candidates,
            measured=time.time(),
        )
        newest = dict(list(entries.items())[-MAX_ENTRIES:])
        body = _File(version=VERSION, entries=newest).model_dump(mode="json")
        try:
            write_json(self.path, body, durable=False)
        except (OSError, ValueError):
            return

    def _read(self) -> dict[str, Remembered]:
        if self.path is None:
            return {}
        try:
            # Neither a pipe is waited for nor a link followed out of the home.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read(MAX_BYTES + 1)
            found = _File.model_validate(parse_json(data)) if len(data) <= MAX_BYTES else None
        except (OSError, ValueError, ValidationError):
            return {}
        return found.entries if found is not None and found.version == VERSION else {}


def speed_key(context: RunContext, model: nn.Module, batch_size: int, modes: Sequence[ComputeMode]) -> str:
    """What the speed of a step depends on, as one name: model, size of inputs, batch, device, cores and versions."""
    settings = context.settings.flat()
    told: dict[str, Any] = {
        "problem type": [context.spec.problem_type, context.spec.model_type],
        "model": repr(model),
        "weights": [[name, list(one.shape), one.requires_grad] for name, one in model.named_parameters()],
        "settings": {key: value for key, value in settings.items() if key.partition(".")[0] not in IRRELEVANT},
        "loss": settings.get("training.loss_function"),
        "batch": batch_size,
        "device": _device(context.device),
        "cores": torch.get_num_threads(),
        "modes": [mode.to_json() for mode in modes],
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _device(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"{platform.machine()} {name}"
