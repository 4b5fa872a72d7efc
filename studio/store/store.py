"""Store: the database of a home with its repositories."""

from studio.store.artefacts import Artefacts
from studio.store.database import Database
from studio.store.datasets import Datasets
from studio.store.drafts import Imports, Uploads
from studio.store.experiments import Experiments
from studio.store.home import Home
from studio.store.idempotency import Idempotency
from studio.store.migrate import migrate
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
        """The store of a home, its database made or upgraded first."""
        migrate(home.database, home.backups)
        return cls(Database(home.database))

    def close(self) -> None:
        """Close the database."""
        self.database.close()
