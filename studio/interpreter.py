"""Python processes that we start: nothing is imported or loaded from the folder that somebody happens to work in.

`python -m` puts the working folder first among the places of imports, so a `secrets.py` beside a dataset would run in
every worker. The flag keeps it out of the process itself, the variable out of whatever that starts.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SEARCH_PATHS = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
"""Lists of folders in which an empty or relative entry is the working folder, or below it."""


def python_module(module: str, *arguments: str) -> list[str]:
    """The command that runs a module in an interpreter like this one."""
    return [sys.executable, "-P", "-m", module, *arguments]


def command_beside(name: str) -> str:
    """A command that is installed with this interpreter, as it is typed in the working folder.

    It names no place outside of that folder: it may be told to somebody who is not known.
    """
    try:
        return Path(sys.executable).with_name(name).relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return name


def without_working_folder(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment whose lists of folders name absolute ones only, for a process and all that it starts."""
    kept = dict(environment)
    for name in SEARCH_PATHS:
        if name in kept:
            folders = [folder for folder in kept[name].split(os.pathsep) if os.path.isabs(folder)]
            kept[name] = os.pathsep.join(folders)
            if not folders:
                del kept[name]  # empty, some of them mean the working folder
    kept["PYTHONSAFEPATH"] = "1"
    return kept
