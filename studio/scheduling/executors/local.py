"""LocalExecutor: workers as processes of this machine, forked by the warm launcher or started cold."""

import logging
import signal
import subprocess
from collections.abc import Mapping

from studio.interpreter import python_module
from studio.runs.exit_record import ExitRecord
from studio.runs.folder import RunFolder, is_run_alive
from studio.runs.process import ProcessRecord
from studio.runs.process_tree import ProcessTree
from studio.runs.spec import RunSpec
from studio.scheduling.decide import Force
from studio.scheduling.environment import worker_environment
from studio.scheduling.launcher import WarmLauncher

logger = logging.getLogger(__name__)
_NUMBERS = {"dump": signal.SIGUSR1, "term": signal.SIGTERM, "kill": signal.SIGKILL}


class LocalExecutor:
    """Processes of this machine."""

    def __init__(self, environment: Mapping[str, str], launcher: WarmLauncher | None = None) -> None:
        self._environment = environment
        self._launcher = launcher
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, ProcessRecord] = {}
        """What this server started, known also before the worker has written its own record."""

    def launch(self, folder: RunFolder, spec: RunSpec) -> None:
        """Fork from the warm launcher if it is warm, else start an interpreter."""
        key = str(folder.path)
        self._bury()
        self._children.pop(key, None)
        self._started.pop(key, None)
        ExitRecord.forget(folder)
        environment = worker_environment(self._environment, spec)
        pid = self._launcher.ask(folder.path, spec.threads, environment) if self._launcher else None
        if pid is None:
            self._children[key] = _start_cold(folder, environment)
            pid = self._children[key].pid
        record = ProcessRecord.of(pid)
        if record is not None:
            self._started[key] = record

    def is_alive(self, folder: RunFolder) -> bool:
        """The lock says so; no pid is asked."""
        return is_run_alive(folder)

    def exit_code(self, folder: RunFolder) -> int | None:
        """Also reaps the child. That of a forked worker is what its launcher wrote down."""
        key = str(folder.path)
        child = self._children.get(key)
        if child is not None:
            return child.poll()
        worker = ProcessRecord.read(folder.process) or self._started.get(key)
        return None if worker is None else ExitRecord.of(folder, worker.pid)

    def remaining(self, folder: RunFolder) -> int:
        """Processes of the worker's session that have not ended."""
        tree = self._tree(folder)
        return 0 if tree is None else len(tree.living())

    def signal(self, folder: RunFolder, force: Force) -> None:
        """Signal the worker's processes, if the record in its folder is that very process."""
        tree = self._tree(folder)
        if tree is None:
            logger.warning("No process record in %s: nothing is signalled.", folder.path.name)
        elif force == "dump":
            tree.send_leader(_NUMBERS[force])
        else:
            tree.send(_NUMBERS[force])

    def sweep(self, folder: RunFolder) -> None:
        """Kill what outlived the worker."""
        tree = self._tree(folder)
        count = 0 if tree is None else tree.send(signal.SIGKILL)
        if count:
            logger.warning("%d processes that the worker of %s left behind were ended.", count, folder.path.name)

    def close(self) -> None:
        """Close the launcher; workers go on."""
        for child in self._children.values():
            if child.poll() is None:
                child.returncode = 0  # it is not ours to wait for; Popen would complain when it is forgotten
        if self._launcher:
            self._launcher.close()

    def _bury(self) -> None:
        """Take the code of every child that has ended, so that none stays a zombie; it is kept for who asks later."""
        for child in self._children.values():
            child.poll()

    def _tree(self, folder: RunFolder) -> ProcessTree | None:
        leader = ProcessRecord.read(folder.process) or self._started.get(str(folder.path))
        return None if leader is None else ProcessTree(leader, folder.path)


def _start_cold(folder: RunFolder, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with folder.log.open("ab") as output:
        return subprocess.Popen(
            python_module("studio.training", str(folder.path)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder.path,
            start_new_session=True,
        )
