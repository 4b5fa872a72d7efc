"""The command line: thin. Every command calls the REST API that the browser calls; see `studio.commands`."""

import sys


def main() -> None:
    """Run a command and leave with its exit code."""
    from studio.commands.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
