"""ModelExecutor: process trees as values that a test moves, and that object when two of them meet."""

import time
from dataclasses import dataclass, field

from pydantic import BaseModel

from studio.runs import events
from studio.runs.folder import RunFolder
from studio.runs.spec import RunSpec
from studio.scheduling.decide import Force


class ServerDiedError(BaseException):
    """The server is killed at this very place."""


@dataclass
class Tree:
    """A worker and what it started."""

    folder: RunFolder
    spec: RunSpec
    has_lock: bool = False
    is_leader_alive: bool = True
    children: int = 0
    exit_code: int | None = None
    is_told: bool = False
    """Whether it has written its last event."""

    @property
    def lives(self) -> bool:
        """Whether any process of it does."""
        return self.is_leader_alive or self.children > 0

    def write(self, event: BaseModel, *, fence: int | None = None) -> None:
        """Append an event to the run's log."""
        lines = self.folder.events.read_bytes().count(b"\n") if self.folder.events.exists() else 0
        stamp = {"n": lines + 1, "attempt": self.spec.attempt, "fence": fence or self.spec.fence, "time": time.time()}
        with self.folder.events.open("ab") as log:
            log.write(events.encode(event.model_copy(update=stamp)))

    def die(self, exit_code: int) -> None:
        """The leader ends; its children stay."""
        self.has_lock = self.is_leader_alive = False
        self.exit_code = exit_code


@dataclass
class ModelExecutor:
    """What the scheduler sees of trees. They outlive servers, as processes do."""

    trees: dict[str, Tree] = field(default_factory=dict)
    dies_at: str = ""
    """Where the server is killed at the next launch: before or after it."""

    def launch(self, folder: RunFolder, spec: RunSpec) -> None:
        """I2 and I7 are checked here, at the only place where they can be broken."""
        if self.dies_at == "before":
            raise ServerDiedError
        earlier = self.trees.get(spec.run_id)
        assert earlier is None or not earlier.lives, f"{spec.run_id} is started while a tree of it lives"
        for other in self.living():
            twice = set(other.spec.devices) & set(spec.devices)
            assert not twice, f"device {twice} of {other.spec.run_id} is given to {spec.run_id}"
        self.trees[spec.run_id] = Tree(folder, spec)
        if self.dies_at == "after":
            raise ServerDiedError

    def is_alive(self, folder: RunFolder) -> bool:
        """Whether the leader holds the lock."""
        tree = self._of(folder)
        return tree is not None and tree.has_lock

    def exit_code(self, folder: RunFolder) -> int | None:
        """Of an ended leader."""
        tree = self._of(folder)
        return None if tree is None else tree.exit_code

    def remaining(self, folder: RunFolder) -> int:
        """Leader and children."""
        tree = self._of(folder)
        return 0 if tree is None else tree.is_leader_alive + tree.children

    def signal(self, folder: RunFolder, force: Force) -> None:
        """A kill ends all of it at once; what is asked politely is left to the test."""
        if force == "kill":
            self.sweep(folder)

    def sweep(self, folder: RunFolder) -> None:
        """End what is left."""
        tree = self._of(folder)
        if tree is not None:
            tree.children = 0
            if tree.is_leader_alive:
                tree.die(-9)

    def close(self) -> None:
        """Trees go on."""

    def living(self) -> list[Tree]:
        """Trees with a living process."""
        return [tree for tree in self.trees.values() if tree.lives]

    def _of(self, folder: RunFolder) -> Tree | None:
        return self.trees.get(folder.path.name)
