"""The model hub: whether it answers. Asked by the server before a start and by a worker before a download."""

import os
import socket
from urllib.parse import urlsplit

HUB = "https://huggingface.co"


def is_hub_reachable(timeout_seconds: float) -> bool:
    """Whether the hub takes a connection; never when it is switched off (`HF_HUB_OFFLINE`)."""
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return False
    target = urlsplit(os.environ.get("HF_ENDPOINT", HUB))
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        with socket.create_connection((target.hostname or "", port), timeout=timeout_seconds):
            return True
    except OSError:
        return False
