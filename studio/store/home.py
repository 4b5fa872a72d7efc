"""Home: where everything of one studio lies.

studio.db  backups/  secrets/  ballast  speeds.json  logs/server.log
datasets/<id>/  imports/<id>/  uploads/<id>
runs/<id>/  inspections/<id>/  predictions/<id>/  answers/<run id>/  previews/<id>/     folders of workers
run/  lock  server.json  token  launcher.sock  api.sock                only while a server lives
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from studio.errors import StudioError, in_quotes
from studio.files import disk_free_bytes, private_folder
from studio.runs.spec import WorkerKind
from studio.store.ids import require_id

DELETED_PREFIX = ".deleted-"
_WORKER_FOLDERS = {
    WorkerKind.TRAIN: "runs",
    WorkerKind.INSPECT: "inspections",
    WorkerKind.PREDICT: "predictions",
    WorkerKind.ONLINE_INFERENCE: "answers",
    WorkerKind.PREVIEW: "previews",
}

_FOLDERS = (
    "backups",
    "logs",
    "datasets",
    "imports",
    "uploads",
    "run",
    "weights",
    "secrets",
    *_WORKER_FOLDERS.values(),
)
_DATABASE = "studio.db"
LONGEST = 480
"""Bytes of a home's path; SQLite opens no file whose path has more than 511."""
_SPEEDS = "speeds.json"
_OWN_NAMES = frozenset({*_FOLDERS, "ballast", _SPEEDS, f"{_DATABASE}-wal", f"{_DATABASE}-shm", "lost+found"})
"""What may lie in a home whose database is missing, and what an empty disk holds."""


class HomeError(StudioError):
    """This place cannot be a home; nothing was changed there."""

    code = "home"


@dataclass(frozen=True)
class Home:
    """Names inside one home folder. Those made of an id raise PathError if it is none."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> "Home":
        """Make the folder and its fixed subfolders, private to the owner.

        Raises:
            HomeError: if the place belongs to somebody else, is shared, holds other things, or cannot be written.
        """
        home = cls(path.absolute())
        try:
            require_own_place(home.path)
            private_folder(home.path)
            for folder in _FOLDERS:
                private_folder(home.path / folder)
        except OSError as error:
            raise HomeError(
                f"The home {in_quotes(str(home.path))} cannot be used: {error.strerror or error}.",
                hint="Choose a folder that you may write, with --home or STUDIO_HOME.",
            ) from error
        return home

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / _DATABASE

    @property
    def sessions(self) -> Path:
        """Digests of the browser sessions that are let in."""
        return self.path / "run" / "sessions.json"

    @property
    def weights(self) -> Path:
        """Pretrained weights: files of the user's, named after their backbone, and converted ones."""
        return self.path / "weights"

    @property
    def secrets(self) -> Path:
        """Encrypted secrets of experiments, and their key."""
        return self.path / "secrets"

    @property
    def backups(self) -> Path:
        """Copies of the database from before migrations."""
        return self.path / "backups"

    @property
    def log(self) -> Path:
        """What the server logs."""
        return self.path / "logs" / "server.log"

    @property
    def ballast(self) -> Path:
        """Space kept back, given free when the disk is full."""
        return self.path / "ballast"

    @property
    def speeds(self) -> Path:
        """What runs have measured of the speed of their models, for runs like them. Workers read and write it."""
        return self.path / _SPEEDS

    @property
    def free_bytes(self) -> int:
        """Free space on the disk that holds it."""
        return disk_free_bytes(self.path)

    @property
    def runtime(self) -> Path:
        """Files of the living server."""
        return self.path / "run"

    @property
    def lock(self) -> Path:
        """Held by the one server of this home."""
        return self.runtime / "lock"

    @property
    def next_lock(self) -> Path:
        """Held by a server that waits for a command to hand the home over."""
        return self.runtime / "next.lock"

    @property
    def launch_page(self) -> Path:
        """A private page that leads a browser to the launch address."""
        return self.runtime / "open.html"

    @property
    def server_file(self) -> Path:
        """pid, port or socket of the living server."""
        return self.runtime / "server.json"

    @property
    def token(self) -> Path:
        """The bearer token of the living server, readable by the owner only."""
        return self.runtime / "token"

    @property
    def launcher_socket(self) -> Path:
        """Where the warm launcher listens."""
        return self.runtime / "launcher.sock"

    @property
    def api_socket(self) -> Path:
        """Where an embedded server listens."""
        return self.runtime / "api.sock"

    def dataset(self, id: str) -> Path:
        """A dataset's folder."""
        return self.path / "datasets" / require_id(id)

    def import_folder(self, id: str) -> Path:
        """The folder of data that is being looked at."""
        return self.path / "imports" / require_id(id)

    def upload(self, id: str) -> Path:
        """An upload's bytes."""
        return self.path / "uploads" / require_id(id)

    def worker_folder(self, kind: WorkerKind, id: str) -> Path:
        """The folder of a worker of some kind."""
        return self.workers(kind) / require_id(id)

    def workers(self, kind: WorkerKind) -> Path:
        """The folder that holds those of all workers of some kind."""
        return self.path / _WORKER_FOLDERS[kind]

    def deleted(self, kind: WorkerKind, id: str) -> Path:
        """Where a worker's folder is moved while it is being deleted."""
        return self.workers(kind) / f"{DELETED_PREFIX}{require_id(id)}"


def require_own_place(path: Path) -> None:
    """Check a place before anything is created in it or its mode is changed.

    A home becomes private (0700) and fills with files, so a shared folder, or one that holds other things, is almost
    always a slip of the keyboard.

    Raises:
        HomeError: saying what stands in the way.
    """
    elsewhere = "Choose a new or empty folder of your own with --home or STUDIO_HOME."
    if len(os.fsencode(path)) > LONGEST:
        raise HomeError(f"The path of the home has more than {LONGEST} bytes: {in_quotes(str(path))}.", hint=elsewhere)
    try:
        found = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            words = (
                f"The home {in_quotes(str(path))} is a link to {in_quotes(os.readlink(path))}, which does not exist."
            )
            raise HomeError(words, hint="Create that folder, or choose another one with --home.") from None
        return
    if not stat.S_ISDIR(found.st_mode):
        raise HomeError(f"The home {in_quotes(str(path))} is a file, not a folder.", hint=elsewhere)
    if found.st_uid != os.getuid():
        raise HomeError(
            f"The home folder {in_quotes(str(path))} belongs to another user.", hint=elsewhere, code="home_owner"
        )
    if (path / _DATABASE).exists():
        return
    foreign = sorted(entry.name for entry in path.iterdir() if entry.name not in _OWN_NAMES)
    if foreign:
        more = f" and {len(foreign) - 1:,} more" if len(foreign) > 1 else ""
        raise HomeError(
            f"The folder {in_quotes(str(path))} is not a home: it contains {in_quotes(foreign[0])}{more}.",
            hint=elsewhere,
        )
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != os.getgid()):
        raise HomeError(
            f"The folder {in_quotes(str(path))} can be written by other users.",
            hint=f"Make it private (chmod 700 {path}), or choose another one with --home.",
        )
