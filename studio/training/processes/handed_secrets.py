"""Secrets of a run: handed over in a private file, gone before anything else in the folder is looked at."""

import json
from collections.abc import Mapping

from studio.runs.folder import RunFolder


def take_secrets(folder: RunFolder) -> Mapping[str, str]:
    """The secrets by setting, kept in memory only; their file is deleted whatever is in it."""
    try:
        text = folder.secrets.read_bytes()
    except FileNotFoundError:
        return {}
    folder.secrets.unlink()
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}
