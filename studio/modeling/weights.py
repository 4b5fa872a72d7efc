"""Pretrained weights: a file of yours, the local hub cache, an installed package, or the hub. All are safetensors.

A file of yours lies in `HOME/weights/` and is named after the backbone: `resnet50.safetensors`.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from studio.bundled_weights import PACKAGED_IMAGE_WEIGHTS
from studio.errors import WeightsError, in_quotes
from studio.files import private_folder, read_json, sha256_file
from studio.hub import is_hub_reachable
from studio.interpreter import python_module, without_working_folder

HUB_FILE = "model.safetensors"
CONVERSION_TIMEOUT_SECONDS = 180
CONNECT_SECONDS = 2.0
_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?")


@dataclass(frozen=True)
class WeightsFile:
    """Pretrained weights as a safetensors file in the library's own names."""

    name: str
    path: Path
    source: Literal["hub", "cache", "packaged", "folder"]

    def describe(self) -> str:
        """Where they come from, for the log."""
        words = {
            "hub": "downloaded from the hub",
            "cache": "from the hub's local cache",
            "packaged": "from an installed package",
            "folder": f"from {self.path.name} in the weights folder",
        }
        return f"Pretrained weights of {self.name}, {words[self.source]}."


@dataclass(frozen=True)
class JointWeights(WeightsFile):
    """Pretrained weights of a model that is put together from several networks; `path` is that of the first."""

    parts: Mapping[str, WeightsFile] = field(default_factory=dict)
    """By the name of the part that starts from them."""

    @classmethod
    def of(cls, parts: Mapping[str, WeightsFile]) -> "JointWeights":
        """The weights of at least one part."""
        first = next(iter(parts.values()))
        return cls(" and ".join(one.name for one in parts.values()), first.path, first.source, parts)

    def describe(self) -> str:
        """Where each of them comes from."""
        return " ".join(one.describe() for one in self.parts.values())


def find_weights(name: str, cache: Path | None = None) -> WeightsFile:
    """The weights of a timm architecture (`name` or `name.tag`), without the network where that is possible.

    Raises:
        WeightsError: if they are neither here nor to be had, or this is no name of an architecture.
    """
    require_architecture(name)
    own = (cache or weights_cache()) / f"{name}.safetensors"
    if own.is_file():
        return WeightsFile(name, own, "folder")
    hub_id = _hub_id(name)
    if hub_id and (cached := _in_hub_cache(hub_id)):
        return WeightsFile(name, cached, "cache")
    packaged = packaged_weights(name, cache)
    if packaged:
        return packaged
    if not hub_id:
        raise WeightsError(
            f"There are no published weights of {in_quotes(name)}.",
            hint="Switch Pretrained off, or choose another backbone.",
            code="weights_missing",
        )
    if not is_hub_reachable(CONNECT_SECONDS):
        raise WeightsError(
            f"The weights of {in_quotes(name)} are not on this machine, and the hub cannot be reached.",
            hint=f"Choose {', '.join(sorted(PACKAGED_IMAGE_WEIGHTS))}, whose weights can be installed, put "
            f"{name}.safetensors into the home's weights folder, or switch Pretrained off.",
            code="weights_missing",
        )
    return WeightsFile(name, _from_hub(name, hub_id), "hub")


def require_architecture(name: str) -> None:
    """Refuse what is no plain name: timm also takes places, such as `local-dir:` and `hf-hub:`, and reads from there.

    Raises:
        WeightsError: if it is none.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(
            f"{in_quotes(name[:80])} is not the name of an architecture of timm.",
            hint="Choose a backbone of the list, such as resnet50.",
            code="weights_missing",
            found=name[:80],
            expected="letters, digits and _, with a tag behind a dot",
        )


def packaged_weights(name: str, cache: Path | None = None) -> WeightsFile | None:
    """The weights that an installed package carries, converted once to safetensors; None without such a package."""
    bare, _, tag = name.partition(".")
    package = PACKAGED_IMAGE_WEIGHTS.get(bare)
    if package is None or tag not in ("", package.tag) or package.path() is None:
        return None
    folder = private_folder(cache or weights_cache())
    path = folder / f"{bare}-{package.sha256[:12]}.safetensors"
    if not _is_intact(path):
        convert("studio.modeling.packaged_weights", bare, path)
    return WeightsFile(name, path, "packaged")


def weights_cache() -> Path:
    """Where converted weights are kept: `STUDIO_WEIGHTS`, the studio's home, or the user's cache folder."""
    if folder := os.environ.get("STUDIO_WEIGHTS"):
        return Path(folder)
    if home := os.environ.get("STUDIO_HOME"):
        return Path(home, "weights")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "deepstudio", "weights")


def _is_intact(path: Path) -> bool:
    record = path.with_suffix(".json")
    return path.is_file() and record.is_file() and read_json(record)["sha256"] == sha256_file(path)


def convert(module: str, name: str, path: Path) -> None:
    """Have a module of ours convert packaged weights in a process of its own, which ends right after.

    Raises:
        WeightsError: in the words of that process.
    """
    environment = {**without_working_folder(os.environ), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    command = python_module(module, name, str(path))
    try:
        done = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True, timeout=CONVERSION_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"Converting the weights of {in_quotes(name)} took too long.", hint="Try again.") from error
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise WeightsError(
            f"The packaged weights of {in_quotes(name)} cannot be used: {last[0]}", hint="Install the package again."
        )


def _hub_id(name: str) -> str | None:
    import timm

    return getattr(timm.get_pretrained_cfg(name, allow_unregistered=False), "hf_hub_id", None)


def _in_hub_cache(hub_id: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, HUB_FILE)
    return Path(found) if isinstance(found, str) else None


def _from_hub(name: str, hub_id: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(hub_id, HUB_FILE))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsError(
            f"The weights of {in_quotes(name)} cannot be downloaded: {type(error).__name__}.",
            hint="Check the connection to the hub, choose another backbone, or switch Pretrained off.",
            code="weights_missing",
        ) from error
