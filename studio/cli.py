"""The command line: thin. Every command calls the REST API that the browser calls; see `studio.commands`."""

import faulthandler
import os
import signal
import sys


def main() -> None:
    """Run a command and leave with its exit code."""
    open_standard_streams()
    # Whoever wonders what a server is doing asks with this signal, which would end it otherwise.
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    from studio.commands.app import run

    sys.exit(run(sys.argv[1:]))


def open_standard_streams() -> None:
    """Give what was started without standard streams (`studio serve >&-`) empty ones.

    Else the next file that is opened gets number 1 or 2, and what is printed goes into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdin = sys.stdin or open(0)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115


if __name__ == "__main__":
    main()
