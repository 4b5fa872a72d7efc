"""Executor: what the scheduler needs of a place where workers run."""

from typing import Protocol

from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.scheduling.decide import Force


class Executor(Protocol):
    """Runs workers. A worker is known by its run folder, so that a new server can go on with it."""

    def launch(self, folder: RunFolder, spec: RunSpec) -> None:
        """Start the worker of a folder whose spec is written."""

    def is_alive(self, folder: RunFolder) -> bool:
        """Whether some process holds the run's lock."""

    def exit_code(self, folder: RunFolder) -> int | None:
        """The code of a worker that this executor started and that has ended; None if unknown."""

    def remaining(self, folder: RunFolder) -> int:
        """How many processes of the worker's tree live, it itself included."""

    def signal(self, folder: RunFolder, force: Force) -> None:
        """End the worker's processes, politely or not, or have it write down what it is doing."""

    def sweep(self, folder: RunFolder) -> None:
        """End at once what is left of the worker's tree."""

    def close(self) -> None:
        """Leave; workers go on."""
