"""LocalExecutor: workers as processes of this machine, forked by the warm launcher or started cold."""

import logging
import os
import signal
import subprocess
import sys

from studio.runs.folder import RunFolder, is_run_alive
from studio.runs.process import ProcessRecord
from studio.runs.spec import RunSpec
from studio.scheduling.decide import Force
from studio.scheduling.environment import worker_environment
from studio.scheduling.launcher import WarmLauncher

logger = logging.getLogger(__name__)


class LocalExecutor:
    """Processes of this machine."""

    def __init__(self, launcher: WarmLauncher | None = None) -> None:
        self._launcher = launcher
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def launch(self, folder: RunFolder, spec: RunSpec) -> None:
        """Fork from the warm launcher if it is warm, else start an interpreter."""
        self._children.pop(str(folder.path), None)
        environment = worker_environment(os.environ, spec)
        if self._launcher and self._launcher.ask(folder.path, spec.threads, environment):
            return
        with folder.log.open("ab") as output:
            self._children[str(folder.path)] = subprocess.Popen(
                [sys.executable, "-m", "studio.training", str(folder.path)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder.path,
                start_new_session=True,
            )

    def is_alive(self, folder: RunFolder) -> bool:
        """The lock says so; no pid is asked."""
        return is_run_alive(folder)

    def exit_code(self, folder: RunFolder) -> int | None:
        """Also reaps the child."""
        child = self._children.get(str(folder.path))
        return None if child is None else child.poll()

    def signal(self, folder: RunFolder, force: Force) -> None:
        """Signal the worker's process group, if the record in its folder is that very process."""
        record = ProcessRecord.read(folder.process)
        if record is None:
            logger.warning("No process record in %s: nothing is signalled.", folder.path.name)
            return
        signal_group(record, signal.SIGTERM if force == "term" else signal.SIGKILL)

    def close(self) -> None:
        """Close the launcher; workers go on."""
        for child in self._children.values():
            if child.poll() is None:
                child.returncode = 0  # it is not ours to wait for; Popen would complain when it is forgotten
        if self._launcher:
            self._launcher.close()


def signal_group(record: ProcessRecord, number: signal.Signals) -> bool:
    """Signal the group that a process leads, only if it still is that process; says whether it did.

    The pidfd pins the process while it is compared, so the number cannot pass to another one in between.
    """
    try:
        descriptor = os.pidfd_open(record.pid)
    except OSError:
        return False
    try:
        if not record.is_alive():
            return False
        if os.getpgid(record.pid) == record.pid:
            os.killpg(record.pid, number)
        else:
            signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
