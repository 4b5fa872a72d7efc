"""Bundle: a trained model as a folder that the predictor loads. Relocatable, verified, without a pickle.

bundle.json          BundleManifest with a hash of itself, written last
model.safetensors    every tensor of the model, also what normalization gathered
assets/              what the model needs beside them, such as its tokenizer
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from studio.errors import BundleError, PathError, WeightsError, in_quotes
from studio.failpoints import failpoint
from studio.files import (
    fsync_file,
    fsync_folder,
    private_folder,
    read_json,
    resolve_inside,
    sha256_file,
    write_atomic,
    write_json,
)
from studio.settings.schema import SettingsSchema
from studio.settings.sections.architecture import network_keys

MANIFEST = "bundle.json"
ASSETS = "assets"
WEIGHTS = "model.safetensors"
VERSION = 2
"""Since 2 a manifest carries its own hash."""
DIGEST = "sha256"


class BundleManifest(BaseModel):
    """What a bundle is, and the hashes of its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    problem_type: str
    model_type: str | None = None
    settings: dict[str, dict[str, Any]]
    target: dict[str, Any]
    metrics: dict[str, float | None] = {}
    """Of the validation rows, by name."""
    step: int = 0
    epoch: float = 0.0
    dataset_fingerprint: str = ""
    compute_mode: dict[str, str] = {}
    """How it was trained: `layout` and `precision`."""
    versions: dict[str, str] = {}
    files: dict[str, str] = {}
    """File name -> SHA-256."""
    sha256: str = ""
    """Of everything else in the manifest."""


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk whose files were found to match."""

    folder: Path
    manifest: BundleManifest

    @property
    def weights(self) -> Path:
        """The tensors."""
        return self.folder / WEIGHTS

    def assets(self) -> dict[str, bytes]:
        """The files that the model needs beside its weights, by name."""
        names = [name for name in self.manifest.files if name.startswith(f"{ASSETS}/")]
        return {name.removeprefix(f"{ASSETS}/"): (self.folder / name).read_bytes() for name in names}


def open_bundle(folder: Path) -> Bundle:
    """The bundle in a folder.

    Raises:
        BundleError: if it is missing or incomplete, or the manifest or a file does not match.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError("There is no trained model here.", hint="Wait for the run to finish, or run it again.")
    manifest = _read_manifest(path)
    for name, digest in manifest.files.items():
        if not _matches(folder, name, digest):
            raise BundleError(f"The file {in_quotes(name)} of the model does not match.", hint="Copy the bundle again.")
    return Bundle(folder, manifest)


def manifest_digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of everything in a manifest but its own hash, however the file is laid out."""
    told = {name: value for name, value in values.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(told, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _read_manifest(path: Path) -> BundleManifest:
    try:
        values = read_json(path)
        manifest = BundleManifest.model_validate(values)
        is_changed = manifest.version >= VERSION and manifest.sha256 != manifest_digest(values)
    except (OSError, ValueError) as error:
        raise BundleError(
            f"The manifest of the model cannot be read ({str(error).splitlines()[0][:120]}).",
            hint="Copy the bundle again.",
            found="a damaged manifest",
            expected=f"{MANIFEST} as a run wrote it",
        ) from error
    if is_changed or WEIGHTS not in manifest.files:
        raise BundleError(
            "The manifest of the model was changed: its settings, labels or files are not those of the run.",
            hint="Copy the bundle again.",
            found="other content than was hashed" if is_changed else f"no hash of {WEIGHTS}",
            expected=f"{MANIFEST} as a run wrote it",
        )
    return manifest


def _matches(folder: Path, name: str, digest: str) -> bool:
    try:
        path = resolve_inside(folder, name)
    except PathError:
        return False
    return path.is_file() and sha256_file(path) == digest


def open_start_weights(folder: Path, problem_type: str, model_type: str | None, settings: SettingsSchema) -> Bundle:
    """The bundle to start from.

    Raises:
        BundleError: if it is missing or damaged.
        WeightsError: if it is of another problem type or backbone.
    """
    bundle = open_bundle(folder)
    manifest = bundle.manifest
    hint = "Choose an experiment of the same problem type and backbone."
    if (manifest.problem_type, manifest.model_type) != (problem_type, model_type):
        theirs = " ".join(one for one in (manifest.problem_type, manifest.model_type) if one)
        ours = " ".join(one for one in (problem_type, model_type) if one)
        raise WeightsError(
            f"The start weights are of {theirs}, this run is of {ours}.", hint=hint, code="start_weights"
        )
    for key in network_keys(settings.fields()):
        found, wanted = manifest.settings.get("architecture", {}).get(key.partition(".")[2]), settings.value(key)
        if found != wanted:
            raise WeightsError(
                f"The start weights have the backbone {found}, this run has {wanted}.", hint=hint, code="start_weights"
            )
    return bundle


def write_bundle(
    folder: Path, tensors: Mapping[str, Any], manifest: BundleManifest, assets: Mapping[str, bytes] | None = None
) -> Bundle:
    """Write a bundle beside its final name and move it there whole; an older one is replaced."""
    from safetensors.torch import save_file

    temporary = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    private_folder(temporary)
    try:
        save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, temporary / WEIGHTS)
        fsync_file(temporary / WEIGHTS)
        write_assets(temporary / ASSETS, assets or {})
        names = [WEIGHTS, *(f"{ASSETS}/{name}" for name in assets or {})]
        complete = manifest.model_copy(update={"files": {name: sha256_file(temporary / name) for name in names}})
        complete = complete.model_copy(update={DIGEST: manifest_digest(complete.model_dump(mode="json"))})
        write_json(temporary / MANIFEST, complete.model_dump(mode="json"))
        failpoint("bundle")
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
        fsync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Bundle(folder, complete)


def write_assets(folder: Path, assets: Mapping[str, bytes]) -> None:
    """Write assets into a folder of their own, if there are any."""
    for name, content in assets.items():
        write_atomic(private_folder(folder) / name, content)


def read_assets(folder: Path) -> dict[str, bytes]:
    """The assets in a folder; empty without one."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())} if folder.is_dir() else {}
