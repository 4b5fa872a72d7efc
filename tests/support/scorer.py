"""Scoring pipelines in processes of their own that need not import torch each: forked from one that has."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PARENT = """
import importlib, json, os, runpy, sys

# What every pipeline needs, and what imports slowly and looks at nothing that is blocked later.
for name in ("torch", "pandas", "pyarrow.parquet", "cv2", "timm", "torchvision.models.detection"):
    importlib.import_module(name)
assert "studio" not in sys.modules
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(order["folder"])
        sys.path.insert(0, os.path.join(order["folder"], "site"))
        sys.modules.update(dict.fromkeys(order["blocked"]))
        import studio
        assert studio.__file__.startswith(order["folder"]), studio.__file__
        for command in order["commands"]:
            sys.argv = ["score.py", *command]
            try:
                runpy.run_path("score.py", run_name="__main__")
            except SystemExit as ended:
                if ended.code:
                    raise
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
"""


class Scorer:
    """Runs `score.py` of unpacked pipelines, whose packages lie in `site`, with modules that cannot be imported."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-P", "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def score(self, folder: Path, blocked: Sequence[str], commands: Sequence[Sequence[str]]) -> tuple[int, str]:
        """Run commands one after another in one process; its exit code and what it printed."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        log = folder / "score.log"
        order = {"folder": str(folder), "log": str(log), "blocked": list(blocked), "commands": list(commands)}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        answer = self._parent.stdout.readline()
        return int(answer or 1), log.read_text() if log.exists() else ""

    def close(self) -> None:
        """End the process that has everything imported."""
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(60)
        if self._parent.stdout is not None:
            self._parent.stdout.close()
