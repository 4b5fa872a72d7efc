"""Store: the database of a home with its repositories."""

from studio.store.artefacts import Artefacts
from studio.store.damage import require_sound
from studio.store.database import Database
from studio.store.datasets import Datasets
from studio.store.drafts import Imports, Uploads
from studio.store.experiments import Experiments
from studio.store.home import Home
from studio.store.idempotency import Idempotency
from studio.store.predictions import Predictions
from studio.store.preferences import Preferences
from studio.store.projector import Projector
from studio.store.runs import Runs
from studio.store.series import SeriesReader


class Store:
    """One repository a resource, over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.datasets = Datasets(database)
        self.experiments = Experiments(database)
        self.runs = Runs(database)
        self.series = SeriesReader(database)
        self.artefacts = Artefacts(database)
        self.predictions = Predictions(database)
        self.uploads = Uploads(database)
        self.imports = Imports(database)
        self.preferences = Preferences(database)
        self.idempotency = Idempotency(database)
        self.projector = Projector(database)

    @classmethod
    def open(cls, home: Home) -> "Store":
        """The store of a home, its database made or upgraded first.

        Raises:
            DamagedDatabaseError: if it cannot be read as a whole.
            NewerDatabaseError: if it is of a later version.
        """
        from studio.store.migrate import migrate  # Alembic is large, and a home that is only read needs none

        require_sound(home)
        migrate(home.database, home.backups)
        # On a completely full disk nothing can be deleted, for that is written down first.
        return cls(Database(home.database, on_full=lambda: home.ballast.unlink(missing_ok=True)))

    def close(self) -> None:
        """Close the database."""
        self.database.close()
