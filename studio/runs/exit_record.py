"""ExitRecord: how a worker's process ended, written into its folder by the one who reaped it."""

from studio.files import read_json, write_json
from studio.runs.folder import RunFolder

NAME = "exit.json"


class ExitRecord:
    """The file `exit.json` of a run's folder: pid and exit code, negative for a signal."""

    @staticmethod
    def write(folder: RunFolder, pid: int, exit_code: int) -> None:
        """Write it, whole or not at all."""
        write_json(folder.path / NAME, {"pid": pid, "exit_code": exit_code}, durable=False)

    @staticmethod
    def of(folder: RunFolder, pid: int) -> int | None:
        """The exit code of a process; None if it is not known, or the file speaks of another one."""
        try:
            values = read_json(folder.path / NAME)
            return int(values["exit_code"]) if int(values["pid"]) == pid else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @staticmethod
    def forget(folder: RunFolder) -> None:
        """A new worker has not ended yet."""
        (folder.path / NAME).unlink(missing_ok=True)
