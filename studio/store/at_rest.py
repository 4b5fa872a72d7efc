"""Whether a home is at rest: nothing of it is under way, so that reading it needs no server.

Read with Python's own SQLite: a command asks this before it imports anything larger.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from studio.runs.state import ENDED
from studio.store.home import DELETED_PREFIX, Home
from studio.store.migrations import HEAD

_ENDED = ", ".join(repr(state.value) for state in sorted(ENDED))
_UNDER_WAY = (
    f"SELECT 1 FROM run WHERE state NOT IN ({_ENDED})",  # noqa: S608 - our own words
    "SELECT 1 FROM dataset WHERE state = 'inspecting' OR deleted IS NOT NULL",
    "SELECT 1 FROM experiment WHERE deleted IS NOT NULL",
    "SELECT 1 FROM import_draft WHERE state = 'scanning'",
)
"""What a server that starts would go on with, or finish."""
WAIT_SECONDS = 1.0


def is_at_rest(home: Home) -> bool:
    """Whether the database is of this version and a server that starts would change nothing that is shown."""
    if any(True for folder in ("runs", "predictions") for _ in (home.path / folder).glob(f"{DELETED_PREFIX}*")):
        return False
    try:
        with _opened(home) as connection:
            version = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            return version == [(HEAD,)] and not any(connection.execute(one).fetchone() for one in _UNDER_WAY)
    except sqlite3.Error:
        return False


def names_in(home: Home) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The names of datasets that are ready and of experiments, the newest first; None if they cannot be read."""
    if not home.database.exists():
        return (), ()
    try:
        with _opened(home) as connection:
            if connection.execute("SELECT version_num FROM alembic_version").fetchall() != [(HEAD,)]:
                return None
            datasets = "SELECT name FROM dataset WHERE deleted IS NULL AND state = 'ready' ORDER BY created DESC"
            experiments = "SELECT name FROM experiment WHERE deleted IS NULL ORDER BY created DESC"
            return tuple(_texts(connection, datasets)), tuple(_texts(connection, experiments))
    except sqlite3.Error:
        return None


@contextmanager
def _opened(home: Home) -> Iterator[sqlite3.Connection]:
    # For reading only: a file that is not there is not made.
    address = f"file:{quote(str(home.database))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only=ON")
        yield connection
    finally:
        connection.close()


def _texts(connection: sqlite3.Connection, statement: str) -> Iterator[str]:
    return (str(row[0]) for row in connection.execute(statement))
