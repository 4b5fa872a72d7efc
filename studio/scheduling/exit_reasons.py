"""endings: what it means that a worker is gone without having told an end, in words and as a code."""

import signal
from dataclasses import dataclass
from pathlib import Path

from studio.runs.state import RunState

_CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})
_RESUME = "Resume it from its last checkpoint."


@dataclass(frozen=True)
class ExitReason:
    """How a run ended whose worker did not say so."""

    state: RunState
    code: str
    reason: str
    hint: str
    setting: str = ""


def exit_reason_of(exit_code: int | None, *, is_memory_short: bool = False) -> ExitReason:
    """The ending behind an exit code (negative: a signal; None: unknown).

    `is_memory_short` says that the kernel killed something for lack of memory since the worker was started.
    """
    if exit_code is None:
        hint = f"It may have run out of memory or been killed by another process. {_RESUME}"
        return ExitReason(RunState.LOST, "vanished", "the worker process vanished", hint)
    if exit_code >= 0:
        reason = f"the worker ended without a result (exit code {exit_code})"
        return ExitReason(RunState.FAILED, "no_result", reason, "Details are at the end of the worker's log.")
    number = -exit_code
    if number == signal.SIGKILL and is_memory_short:
        return ExitReason(
            RunState.LOST,
            "oom_host",
            "the machine ran out of memory, and the worker was killed by signal 9",
            f"Use a smaller batch or fewer data workers, or close other programs. {_RESUME}",
            "training.batch_size",
        )
    if number == signal.SIGKILL:
        hint = f"It was killed by another process, or because memory ran out. {_RESUME}"
        return ExitReason(RunState.LOST, "killed", "the worker was killed by signal 9", hint)
    if number in _CRASHES:
        hint = f"Its log may show where it was. {_RESUME}"
        if number == signal.SIGBUS:
            hint = f"Shared memory may be too small: use fewer data workers. {_RESUME}"
        return ExitReason(RunState.LOST, "crashed", f"the worker crashed (signal {number})", hint)
    return ExitReason(
        RunState.LOST, "killed", f"the worker was ended by signal {number}", f"Another process ended it. {_RESUME}"
    )


def memory_kills() -> int:
    """How many processes the kernel has killed for lack of memory since the boot; 0 where it does not say."""
    try:
        lines = Path("/proc/vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
