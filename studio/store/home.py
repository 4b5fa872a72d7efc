"""Home: where everything of one studio lies.

studio.db  backups/  secrets/  ballast  logs/server.log
datasets/<id>/  imports/<id>/  uploads/<id>
runs/<id>/  inspections/<id>/  predictions/<id>/  answers/<run id>/  previews/<id>/     folders of workers
run/  lock  server.json  token  launcher.sock  api.sock                only while a server lives
"""

from dataclasses import dataclass
from pathlib import Path

from studio.files import disk_free_bytes, private_folder
from studio.runs.spec import WorkerKind

_WORKER_FOLDERS = {
    WorkerKind.TRAIN: "runs",
    WorkerKind.INSPECT: "inspections",
    WorkerKind.PREDICT: "predictions",
    WorkerKind.ANSWER: "answers",
    WorkerKind.PREVIEW: "previews",
}


@dataclass(frozen=True)
class Home:
    """Names inside one home folder."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> "Home":
        """Make the folder and its fixed subfolders, private to the owner."""
        home = cls(path.absolute())
        private_folder(home.path)
        for folder in (
            "backups",
            "logs",
            "datasets",
            "imports",
            "uploads",
            "run",
            "weights",
            "secrets",
            *_WORKER_FOLDERS.values(),
        ):
            private_folder(home.path / folder)
        return home

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "studio.db"

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
        return self.path / "datasets" / id

    def import_folder(self, id: str) -> Path:
        """The folder of data that is being looked at."""
        return self.path / "imports" / id

    def upload(self, id: str) -> Path:
        """An upload's bytes."""
        return self.path / "uploads" / id

    def worker_folder(self, kind: WorkerKind, id: str) -> Path:
        """The folder of a worker of some kind."""
        return self.path / _WORKER_FOLDERS[kind] / id
