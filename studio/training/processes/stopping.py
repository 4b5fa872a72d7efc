"""Stopping: a run is asked to stop by a file in its folder or by SIGTERM, and does so at the next safe place."""

import signal
from types import FrameType

from studio.runs.folder import RunFolder


class StopRequested(Exception):  # noqa: N818 -- it is no error
    """Ends the work at a safe place; not an error."""


class StopSignal:
    """Whether the run was asked to stop."""

    def __init__(self, folder: RunFolder) -> None:
        self._file = folder.stop
        self._is_signalled = False

    def listen(self) -> None:
        """Take SIGTERM as a request instead of dying of it. Only in the main thread of a worker."""
        signal.signal(signal.SIGTERM, self._on_signal)

    @property
    def is_requested(self) -> bool:
        """Whether to stop now."""
        return self._is_signalled or self._file.exists()

    def check(self) -> None:
        """Go on, or raise.

        Raises:
            StopRequested: if the run was asked to stop.
        """
        if self.is_requested:
            raise StopRequested

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._is_signalled = True
