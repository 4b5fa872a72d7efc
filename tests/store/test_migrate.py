"""Upgrades: in one transaction, with a copy of the old database first; a newer one is left alone."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from studio.store import migrations
from studio.store.home import Home
from studio.store.migrate import NewerDatabaseError, migrate
from studio.store.store import Store
from studio.store.tables import metadata

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("preference", sa.Column("more", sa.String()))
    {then}
"""


@pytest.fixture
def next_scripts(tmp_path: Path) -> Path:
    """This package's migrations and one more, which works."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, folder)
    (folder / "versions" / "v9999_next.py").write_text(NEXT.format(then="pass"))
    return folder


def columns(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    try:
        return {row[1] for row in connection.execute("PRAGMA table_info(preference)")}
    finally:
        connection.close()


def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_an_older_database_is_copied_and_then_upgraded(store: Store, home: Home, next_scripts: Path) -> None:
    store.preferences.put({"theme": "dark"})

    migrate(home.database, home.backups, next_scripts)

    [backup] = home.backups.iterdir()
    assert "more" in columns(home.database)
    assert "more" not in columns(backup)
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT key FROM preference").fetchall() == [("theme",)]
    copy.close()


def test_an_upgrade_that_fails_changes_nothing(store: Store, home: Home, next_scripts: Path) -> None:
    script = next_scripts / "versions" / "v9999_next.py"
    script.write_text(NEXT.format(then='raise RuntimeError("in the middle")'))

    with pytest.raises(RuntimeError, match="in the middle"):
        migrate(home.database, home.backups, next_scripts)

    assert "more" not in columns(home.database)
    store.preferences.put({"theme": "dark"})


def test_a_newer_database_is_refused_and_left_untouched(home: Home, next_scripts: Path) -> None:
    migrate(home.database, home.backups, next_scripts)
    before = home.database.read_bytes()

    with pytest.raises(NewerDatabaseError, match="later version"):
        Store.open(home)

    assert home.database.read_bytes() == before
    assert list(home.backups.iterdir()) == []
