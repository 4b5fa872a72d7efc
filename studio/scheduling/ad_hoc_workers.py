"""Workers that a request waits for, outside of the queue: previews and answers. None of them hangs for good."""

import time
from collections.abc import Callable

from studio.runs.folder import RunFolder
from studio.scheduling.executors.executor import Executor
from studio.scheduling.exit_reasons import ExitReason, exit_reason_of, memory_kills

END_SECONDS = 5.0
CODE_SECONDS = 1.0
LOOK_SECONDS = 0.05


class UnscheduledWorker:
    """One worker, watched by the request that waits for it."""

    def __init__(self, executor: Executor, folder: RunFolder) -> None:
        self._executor = executor
        self._folder = folder
        self._memory_kills = memory_kills()

    def end(self) -> None:
        """Kill its whole tree, and wait until the next worker can take its folder."""
        self._executor.signal(self._folder, "kill")
        self._await_end()

    def ending(self) -> ExitReason | None:
        """How it ended, for whoever lost the connection to it; None if it lives on."""
        if not self._await_end():
            return None
        code = self._executor.exit_code(self._folder)
        return exit_reason_of(code, is_memory_short=memory_kills() > self._memory_kills)

    def _await_end(self) -> bool:
        if not _is_soon(lambda: not self._executor.is_alive(self._folder), END_SECONDS):
            return False
        # The lock is free a moment before there is a code; asking for it also buries a child of ours.
        _is_soon(lambda: self._executor.exit_code(self._folder) is not None, CODE_SECONDS)
        return True


def _is_soon(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
