"""Checkpoints: the full state of a training on disk, whole or not at all, without a pickle.

    ckpt-<step>/model.safetensors optimizer.safetensors generators.safetensors state.json manifest.json
                average.safetensors, where an average of the weights is kept
    latest.json best.json      {"name": "ckpt-<step>"}

The manifest names every file with size and SHA-256 and is written last; the folder gets its name after that. A reader
takes nothing without a manifest that fits. What is dropped loses its name first, so a folder with a checkpoint's name
that does not fit was damaged where it lay.
"""

import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from studio.errors import CheckpointError, in_quotes
from studio.failpoints import failpoint
from studio.files import folder_size, fsync_file, fsync_folder, read_json, sha256_file, write_json
from studio.runs.checkpoint_files import MANIFEST, OPTIMIZER_FILE, drop_optimizer

TENSOR_FILES = ("model", "optimizer", "generators")
AVERAGE = "average"
VERSION = 1


@dataclass(frozen=True)
class CheckpointState:
    """What a training needs to go on as if it had never stopped."""

    model: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, torch.Tensor]
    generators: Mapping[str, torch.Tensor]
    rest: Mapping[str, Any]
    """JSON: the optimizer's numbers, generator states, progress, best metric."""
    average: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """The average of the weights; empty where none is kept."""


@dataclass(frozen=True)
class CheckpointLabels:
    """What the manifest says beside the files."""

    step: int
    epoch: float
    fence: int
    settings_fingerprint: str
    dataset_fingerprint: str


@dataclass
class CheckpointStore:
    """The checkpoints of one run, in `folder`."""

    folder: Path
    written: dict[str, int] = field(default_factory=dict)
    """Sizes in bytes of what this process wrote."""

    def write(self, state: CheckpointState, labels: CheckpointLabels, *, is_best: bool = False) -> str:
        """Write a checkpoint, make it the latest (and the best), then drop those that are neither. Gives its name."""
        name = f"ckpt-{labels.step}"
        target = self.folder / name
        if not is_complete(target):
            self._write_folder(target, state, labels)
        self.written[name] = sum(one.stat().st_size for one in target.iterdir())
        self._point("latest", name)
        if is_best:
            self._point("best", name)
        self._prune()
        return name

    def mark_best(self, name: str) -> None:
        """Make an existing checkpoint the best one."""
        self._point("best", name)

    def forget_best(self) -> None:
        """No checkpoint is the best one."""
        (self.folder / "best.json").unlink(missing_ok=True)

    def latest(self) -> Path | None:
        """The newest complete checkpoint, falling back to older ones; None if there is none."""
        return next((path for path in self._newest_first() if is_complete(path)), None)

    def damaged(self) -> list["Damage"]:
        """What is wrong with the checkpoints that are newer than the newest complete one, the newest first."""
        found = []
        for path in self._newest_first():
            wrong = damaged_file(path)
            if wrong is None:
                break
            found.append(Damage(path.name, wrong))
        return found

    def best(self) -> Path | None:
        """The checkpoint of the best metric, if it is complete."""
        name = self.best_name()
        return self.folder / name if name is not None and is_complete(self.folder / name) else None

    def slim(self) -> list["SlimCheckpoint"]:
        """The checkpoints with a manifest, and what is left of each without the optimizer's state."""
        best = self.best_name()
        found = []
        for path in self._newest_first():
            with suppress(OSError, ValueError, KeyError, TypeError):
                manifest = read_json(path / MANIFEST)
                manifest["files"].pop(OPTIMIZER_FILE, None)
                found.append(SlimCheckpoint(path, manifest, path.name == best))
        return found

    def best_name(self) -> str | None:
        """The name of the checkpoint of the best metric, whole or not."""
        pointer = self.folder / "best.json"
        return str(read_json(pointer)["name"]) if pointer.is_file() else None

    def sweep(self) -> None:
        """Remove what a process that died left half written or half dropped."""
        for path in self.folder.glob("ckpt-*.tmp-*"):
            shutil.rmtree(path, ignore_errors=True)

    def _write_folder(self, target: Path, state: CheckpointState, labels: CheckpointLabels) -> None:
        temporary = target.with_name(f"{target.name}.tmp-{labels.fence}")
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        try:
            for name in (*TENSOR_FILES, *((AVERAGE,) if state.average else ())):
                path = temporary / f"{name}.safetensors"
                save_file({key: value.detach().cpu().contiguous() for key, value in getattr(state, name).items()}, path)
                fsync_file(path)
                failpoint("checkpoint_file")
            write_json(temporary / "state.json", dict(state.rest))
            failpoint("checkpoint_files")
            write_json(temporary / MANIFEST, _manifest(temporary, labels))
            failpoint("checkpoint_manifest")
            fsync_folder(temporary)
            failpoint("checkpoint_before_rename")
            temporary.rename(target)
            failpoint("checkpoint_after_rename")
            fsync_folder(self.folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(target, ignore_errors=True)
            raise

    def _point(self, pointer: str, name: str) -> None:
        write_json(self.folder / f"{pointer}.json", {"name": name})

    def _newest_first(self) -> list[Path]:
        folders = [path for path in self.folder.glob("ckpt-*") if path.is_dir() and path.name[5:].isdigit()]
        return sorted(folders, key=_step, reverse=True)

    def _prune(self) -> None:
        kept = {str(read_json(path)["name"]) for path in self.folder.glob("*.json")}
        for path in self.folder.glob("ckpt-*"):
            if path.name not in kept:
                dropped = path.with_name(f"{path.name.partition('.')[0]}.tmp-dropped")
                if path != dropped:
                    shutil.rmtree(dropped, ignore_errors=True)
                    path.rename(dropped)
                failpoint("checkpoint_prune")
                shutil.rmtree(dropped, ignore_errors=True)


@dataclass(frozen=True)
class SlimCheckpoint:
    """A checkpoint as it is once the optimizer's state is dropped: weights that nobody goes on training."""

    path: Path
    manifest: dict[str, Any]
    """Without the optimizer's file."""
    is_best: bool

    @property
    def size_bytes(self) -> int:
        """Of what stays."""
        file = self.path / OPTIMIZER_FILE
        optimizer = file.stat().st_size if file.is_file() else 0
        return folder_size(self.path) - optimizer

    def drop_optimizer(self) -> None:
        """Drop the state; the checkpoint is complete at every moment."""
        drop_optimizer(self.path / OPTIMIZER_FILE)


@dataclass(frozen=True)
class Damage:
    """A checkpoint that cannot be used any more, and the file that does not fit."""

    checkpoint: str
    file: str


def is_complete(path: Path) -> bool:
    """Whether a checkpoint's manifest is there and every file fits it."""
    return damaged_file(path) is None


def damaged_file(path: Path) -> str | None:
    """The first file of a checkpoint that is missing or does not match the manifest; None if all is well."""
    try:
        files = dict(read_json(path / MANIFEST)["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return MANIFEST
    for name, entry in files.items():
        try:
            fits = (path / name).stat().st_size == entry["size"] and sha256_file(path / name) == entry["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            return str(name)
    return None


def read_checkpoint(path: Path) -> CheckpointState:
    """The state in a checkpoint.

    Raises:
        CheckpointError: if a file is missing or does not match the manifest.
    """
    wrong = damaged_file(path)
    if wrong is not None:
        raise CheckpointError(
            f"The file {in_quotes(wrong)} of the checkpoint {in_quotes(path.name)} is damaged.",
            hint="Resume from an earlier one.",
            code="checkpoint_damaged",
        )
    files = {name: path / f"{name}.safetensors" for name in (*TENSOR_FILES, AVERAGE)}
    tensors = {name: load_file(file) for name, file in files.items() if name != AVERAGE or file.is_file()}
    return CheckpointState(**tensors, rest=read_json(path / "state.json"))


def read_model(path: Path) -> dict[str, torch.Tensor]:
    """The weights that a checkpoint was validated with, of one that was found complete: their average if it is kept."""
    average = path / f"{AVERAGE}.safetensors"
    tensors: dict[str, torch.Tensor] = load_file(average if average.is_file() else path / "model.safetensors")
    return tensors


def versions() -> dict[str, str]:
    """The versions that decide how numbers come out."""
    from importlib.metadata import version

    names = ("torch", "timm", "numpy", "safetensors", "deepstudio")
    return {"python": platform.python_version(), **{name: _version(version, name) for name in names}}


def _version(version: Any, name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    try:
        return str(version(name))
    except PackageNotFoundError:
        return ""


def _manifest(folder: Path, labels: CheckpointLabels) -> dict[str, Any]:
    return {
        "version": VERSION,
        "step": labels.step,
        "epoch": labels.epoch,
        "fence": labels.fence,
        "settings_fingerprint": labels.settings_fingerprint,
        "dataset_fingerprint": labels.dataset_fingerprint,
        "versions": versions(),
        "files": {
            one.name: {"size": one.stat().st_size, "sha256": sha256_file(one)} for one in sorted(folder.iterdir())
        },
    }


def _step(path: Path) -> int:
    return int(path.name[5:])
