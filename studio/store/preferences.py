"""What the person prefers, by key."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from studio.store.database import Database
from studio.store.tables import preference


class Preferences:
    """The preference table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self) -> dict[str, Any]:
        """Every preference that was ever set."""
        with self._database.read() as connection:
            return {row.key: row.value for row in connection.execute(select(preference))}

    def put(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Set some; gives all."""
        with self._database.write() as connection:
            for key, value in changes.items():
                connection.execute(delete(preference).where(preference.c.key == key))
                connection.execute(insert(preference).values(key=key, value=value))
            return self.get()
