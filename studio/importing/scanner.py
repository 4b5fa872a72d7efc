"""Scanner: a child process with limits that looks at one upload: `python -m studio.importing.scanner CONTROL`.

CONTROL is the descriptor of a socket. The order comes over it, as a line of JSON, with the descriptor of the source,
opened by whoever judged it, so that a name that is swapped meanwhile leads nowhere. So a scanner can be started, and
have its libraries imported, before there is anything to look at: on a small table they are all of the time.

FOLDER/scan.json is written first and told over the socket; then, if the request asks for it, FOLDER/check.json.
"""

import os
import socket
import sys
from pathlib import Path

from studio.escape_control import make_output_visible
from studio.files import descriptor_path, read_json, write_json
from studio.importing.check import check_import
from studio.importing.scan import scan_into
from studio.importing.scan_result import CHECK_FILE, SCANNED, Scan, ScanRequest
from studio.json_text import parse_json
from studio.problems.registry import problem_types

IDLE_SECONDS = 600.0
ORDER_BYTES = 16_384
NICENESS = 10
"""Of the check, which nobody waits for."""


def main(arguments: list[str]) -> int:
    """Wait for an order, and carry it out."""
    os.umask(0o077)
    with socket.socket(fileno=int(arguments[0])) as control:
        problem_types()  # their settings are most of what is imported
        control.settimeout(IDLE_SECONDS)
        try:
            order, descriptors, _, _ = socket.recv_fds(control, ORDER_BYTES, 1)
        except TimeoutError:
            return 0
        if not order:
            return 0  # whoever started this one has ended, or needs it no more
        folder = Path(parse_json(order)["folder"]).resolve()
        _log_into(folder / "scan.log")
        result = scan_into(folder, descriptor_path(descriptors[0]) if descriptors else None)
        control.sendall(SCANNED)
    _check(folder, result)
    return 0


def _check(folder: Path, result: Scan) -> None:
    request = ScanRequest.model_validate(read_json(folder / "request.json"))
    if request.is_checked and result.state == "ready":
        os.nice(NICENESS)
        write_json(folder / CHECK_FILE, check_import(folder, result).model_dump(mode="json"))


def _log_into(path: Path) -> None:
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    make_output_visible()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
