"""migrate: bring the database to this version's tables, with a copy of the old one first; refuse a newer one."""

import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

from studio.errors import StudioError
from studio.failpoints import failpoint
from studio.store import migrations
from studio.store.copies import copy_database
from studio.store.database import sqlite_url

KEPT_BACKUPS = 5


class NewerDatabaseError(StudioError):
    """The database was written by a later version of the studio."""

    code = "newer_database"


def migrate(path: Path, backups: Path, scripts_folder: Path | None = None) -> None:
    """Make or upgrade the database in one transaction, with the scripts of this package unless others are named.

    Raises:
        NewerDatabaseError: if it is of a later version; it is left untouched.
    """
    config = _config(scripts_folder)
    head = ScriptDirectory.from_config(config).get_current_head()
    current = _revision(path) if path.exists() else None
    if current == head:
        return
    if current is not None:
        require_known_revision(path, scripts_folder)
        _back_up(path, backups, current)
    engine = create_engine(sqlite_url(path))
    try:
        event.listen(engine, "connect", _manual_transactions)
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            failpoint("migration")
            connection.commit()
    finally:
        engine.dispose()


def require_known_revision(path: Path, scripts_folder: Path | None = None) -> None:
    """Check that a database is of this version or an earlier one.

    Raises:
        NewerDatabaseError: if it is not.
    """
    scripts = ScriptDirectory.from_config(_config(scripts_folder))
    current = _revision(path)
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise NewerDatabaseError(
            f"The database of this home is of a later version ({current}).",
            hint="Start the studio version that wrote it, or choose another home.",
        )


def _config(scripts_folder: Path | None) -> Config:
    config = Config()
    folder = str(scripts_folder or Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))  # the value may refer to others by %
    return config


def _manual_transactions(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _revision(path: Path) -> str | None:
    engine = create_engine(sqlite_url(path))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _back_up(path: Path, backups: Path, revision: str) -> None:
    copy_database(path, backups / f"studio-{revision}-{time.strftime('%Y%m%d-%H%M%S')}.db")
    copies = [file for file in backups.glob("studio-*.db") if not file.name.startswith("studio-daily-")]
    for old in sorted(copies, key=lambda file: file.stat().st_mtime)[:-KEPT_BACKUPS]:
        old.unlink()
