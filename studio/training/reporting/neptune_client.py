"""Neptune's client in a process of its own: JSON lines in, files of its offline mode out.

It starts threads and hooks forks; beside a training that forks data workers it was seen to hang them.

    {"begin": {"folder", "run_id", "project", "token"}}   {"values": {name: value}}
    {"points": {name: [[step, value], ...]}}              {"end": true}
"""

import json
import os
import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from studio.runs.process import die_with_parent

MAX_ID = 36
"""Of a run's own id, as Neptune takes it."""


def record(lines: Iterable[str]) -> None:
    """Record what the lines say, to the one that says the end."""
    run: Any = None
    for line in lines:
        message = json.loads(line)
        match next(iter(message)):
            case "begin":
                run = _begin(message["begin"])
            case "values":
                for name, value in message["values"].items():
                    run[name] = value
            case "points":
                for name, series in message["points"].items():
                    steps, values = zip(*series, strict=True)
                    run[name].extend(list(values), steps=list(steps))
            case _:
                break
    if run is not None:
        run.stop()


def _begin(facts: Mapping[str, str]) -> Any:
    os.environ["NEPTUNE_DATA_DIRECTORY"] = facts["folder"]
    import neptune

    return neptune.init_run(
        mode="offline",
        project=facts["project"] or None,
        api_token=facts["token"] or None,
        custom_run_id=facts["run_id"][:MAX_ID],
        name=facts["run_id"],
        source_files=[],
        git_ref=False,
        capture_stdout=False,
        capture_stderr=False,
        capture_hardware_metrics=False,
        capture_traceback=False,
    )


def main() -> None:
    """Record standard input; ends with the process that started this one."""
    os.umask(0o077)
    die_with_parent()
    # The client is no longer developed, and much of what it imports warns of its age.
    warnings.simplefilter("ignore")
    record(sys.stdin)


if __name__ == "__main__":
    main()
