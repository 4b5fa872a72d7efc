"""Weights: where pretrained weights can come from on this machine: a file of yours, packages, the cache, the hub."""

import os
import re
import threading
import time
from pathlib import Path
from typing import Literal

from studio.bundled_weights import PACKAGED
from studio.hub import is_hub_reachable
from studio.settings.sections.text import SCRATCH

HUB_SECONDS = 300.0
CONNECT_SECONDS = 3.0
CONFIG = "config.json"
MAX_NAME_LETTERS = 96
"""Of a model, as hubs have it; the name of a file beside it may have 255."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")

Source = Literal["folder", "package", "cache", "hub", "scratch"]
"""`scratch`: a backbone that has no weights to start from."""
HubState = Literal["reachable", "unreachable", "unknown"]


class Weights:
    """Looks, and never downloads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hub: HubState = "unknown"
        self._asked = -HUB_SECONDS
        self._answered = threading.Event()
        self._lock = threading.Lock()

    def packaged(self) -> list[str]:
        """Backbones whose weights came with the installation."""
        return [name for name, package in PACKAGED.items() if package.path() is not None]

    def cached(self) -> list[str]:
        """Models in the local cache of the hub."""
        folders = _hub_cache().glob("models--*")
        return sorted(path.name.removeprefix("models--").replace("--", "/") for path in folders)

    def hub(self, *, waits: bool = False) -> HubState:
        """Whether the hub answers, as last seen; asking again happens beside, or is waited for the first time."""
        with self._lock:
            if time.monotonic() - self._asked > HUB_SECONDS:
                self._asked = time.monotonic()
                threading.Thread(target=self._ask, name="hub", daemon=True).start()
        if waits:
            self._answered.wait(2 * CONNECT_SECONDS)
        return self._hub

    def source(self, backbone: str) -> Source | None:
        """Where the weights of a backbone would come from; None if from nowhere. May wait for the hub's answer."""
        if backbone.startswith(SCRATCH):
            return "scratch"
        name = timm_name(backbone)
        if len(name) > MAX_NAME_LETTERS or not _NAME.fullmatch(name):
            return None
        if (self._folder / f"{name}.safetensors").is_file() or (self._folder / name / CONFIG).is_file():
            return "folder"
        if {name, name.partition(".")[0]} & set(self.packaged()):
            return "package"
        bare = name if "." in name else f"{name}."
        if _is_cached_model(name) or any(f"{known}.".startswith(f"timm/{bare}") for known in self.cached()):
            return "cache"
        return "hub" if self.hub(waits=True) == "reachable" else None

    def _ask(self) -> None:
        self._hub = "reachable" if is_hub_reachable(CONNECT_SECONDS) else "unreachable"
        self._answered.set()


def _hub_cache() -> Path:
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    return Path(os.environ.get("HF_HUB_CACHE", home / "hub"))


def _is_cached_model(name: str) -> bool:
    """Whether a whole model of this name is in the hub's cache: one that was only asked for leaves a folder, too."""
    folder = _hub_cache() / f"models--{name.replace('/', '--')}"
    return any((folder / "snapshots").glob(f"*/{CONFIG}"))


def timm_name(backbone: str) -> str:
    """The architecture whose weights a backbone starts from: detectors are named after their classifier."""
    name = re.sub(r"efficientdet_d(\d)", r"efficientnet_b\1", backbone)
    return name.replace("efficientdet_lite", "efficientnet_lite")
