"""Reading: what the lists and pages of a home at rest show, without a server.

Whoever reads holds the home's lock, so the home has one owner at every moment; a server that starts waits for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from studio.server.home_lock import HomeInUseError, HomeLock, is_home_locked, is_server_waiting
from studio.server.services.catalogue import Catalogue
from studio.server.services.dataset_views import DatasetViews
from studio.server.services.experiment_views import ExperimentViews
from studio.server.services.models import Models
from studio.server.services.planning import Planner
from studio.server.services.runs import Runs
from studio.server.services.weights import Weights
from studio.store.at_rest import is_at_rest
from studio.store.damage import DamagedDatabaseError, require_sound
from studio.store.database import Database
from studio.store.home import Home
from studio.store.store import Store


@dataclass(frozen=True)
class Reading:
    """The services that only read."""

    catalogue: Catalogue
    datasets: DatasetViews
    experiments: ExperimentViews
    runs: Runs


@contextmanager
def reading(home: Home) -> Iterator[Reading | None]:
    """A home at rest, to be read; None if it has a server, something of it is under way, or it is not as it should be.

    Then a server says what there is.
    """
    lock = _taken(home)
    if lock is None:
        yield None
        return
    try:
        if not _can_be_read(home):
            yield None
            return
        database = Database(home.database)
        try:
            yield _services(home, Store(database))
        finally:
            database.leave()
    finally:
        lock.release()


def _taken(home: Home) -> HomeLock | None:
    """The lock of a home that nobody has or waits for."""
    if not home.lock.exists() or is_home_locked(home) or is_server_waiting(home):
        return None
    lock = HomeLock(home)
    try:
        lock.acquire()
    except (HomeInUseError, OSError):
        return None
    return lock


def _can_be_read(home: Home) -> bool:
    try:
        require_sound(home)
    except (DamagedDatabaseError, OSError):
        return False
    return is_at_rest(home)


def _services(home: Home, store: Store) -> Reading:
    models = Models(home, store)
    runs = Runs(home, store, models)
    planner = Planner(home, store, Weights(home.weights), models)
    return Reading(Catalogue(home, planner), DatasetViews(home, store), ExperimentViews(store, runs, models), runs)
