"""`python -m studio.training RUN_FOLDER` works on one run; `--launcher SOCKET` is the warm launcher."""

import sys
from pathlib import Path

from studio.escape_control import make_output_visible

USAGE = "usage: python -m studio.training RUN_FOLDER | --launcher SOCKET"


def main(arguments: list[str]) -> int:
    """Run as told; gives the exit code."""
    make_output_visible()
    if len(arguments) == 2 and arguments[0] == "--launcher":
        from studio.training.processes.launcher import serve

        return serve(Path(arguments[1]))
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        from studio.training.worker import worker_process

        return worker_process(Path(arguments[0]))
    sys.stderr.write(f"{USAGE}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
