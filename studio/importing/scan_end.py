"""Why a scan ended without a result, in words: it is a process with limits, and the files are those of others."""

import signal
from typing import Any

from studio.process_limits import GIB, memory_limit_bytes, usual_memory_bytes

SCAN_CPU_SECONDS = 600


def ended_error(code: int | None, waited_seconds: float) -> dict[str, Any]:
    """The error of an import whose scan ended with this exit code; None if it was ended for taking too long."""
    words, hint = _words(code, waited_seconds)
    return {"code": "scan", "message": words, "hint": hint, "found": "no result", "expected": "data that can be read"}


def _words(code: int | None, waited_seconds: float) -> tuple[str, str]:
    if code is None:
        minutes = waited_seconds / 60
        return f"Reading this data took longer than {minutes:.0f} minutes.", "Import a smaller part of it."
    if code == -signal.SIGXCPU:
        spent = f"more than {SCAN_CPU_SECONDS} seconds of processor time"
        return f"Reading this data needs {spent}.", "Import a smaller part of it."
    if code == -signal.SIGKILL:
        return (
            "Reading this data was killed by the system (signal 9), most likely because memory ran out.",
            "Import a smaller part of it, or close other programs first.",
        )
    known = memory_limit_bytes()
    limit = min(usual_memory_bytes(), known) if known else usual_memory_bytes()
    hint = f"The files may be damaged, or need more than the {limit / GIB:.1f} GB of memory that one import may take."
    if known and known < usual_memory_bytes():
        hint += " The account that runs the server has this `ulimit`; start it with a higher one."
    return f"Reading this data ended early ({'signal' if code < 0 else 'exit code'} {abs(code)}).", hint
