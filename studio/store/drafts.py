"""Data on its way in: uploads and imports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from studio.errors import NotFoundError, in_quotes
from studio.store.database import Database
from studio.store.tables import import_draft, upload


@dataclass(frozen=True)
class UploadRow:
    """A file that is being sent."""

    id: str
    name: str
    size: int
    offset: int
    created: float


@dataclass(frozen=True)
class ImportRow:
    """Data that is being looked at."""

    id: str
    state: str
    """scanning, ready or failed."""
    source: str
    """What a person calls it."""
    source_path: str
    upload_id: str | None
    root_kind: str
    """upload or path."""
    created: float
    choices: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


class Uploads:
    """The upload table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, row: UploadRow) -> None:
        """Announce a file."""
        with self._database.write() as connection:
            connection.execute(insert(upload).values(vars(row)))

    def get(self, id: str) -> UploadRow:
        """An upload by id.

        Raises:
            NotFoundError: if there is none.
        """
        with self._database.read() as connection:
            row = connection.execute(select(upload).where(upload.c.id == id)).mappings().first()
        if row is None:
            raise NotFoundError(f"There is no upload {in_quotes(id)}.", hint="Start the upload again.")
        return UploadRow(**row)

    def all(self) -> list[UploadRow]:
        """Every upload."""
        with self._database.read() as connection:
            return [UploadRow(**row) for row in connection.execute(select(upload)).mappings()]

    def advance(self, id: str, offset: int) -> bool:
        """So many bytes are durable; says whether the upload is still known."""
        with self._database.write() as connection:
            done = connection.execute(update(upload).where(upload.c.id == id).values(offset=offset))
            return done.rowcount == 1

    def delete(self, id: str) -> None:
        """Forget an upload."""
        with self._database.write() as connection:
            connection.execute(delete(upload).where(upload.c.id == id))


class Imports:
    """The table of imports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, row: ImportRow) -> None:
        """Add an import."""
        with self._database.write() as connection:
            connection.execute(insert(import_draft).values(vars(row)))

    def get(self, id: str) -> ImportRow:
        """An import by id.

        Raises:
            NotFoundError: if there is none.
        """
        with self._database.read() as connection:
            row = connection.execute(select(import_draft).where(import_draft.c.id == id)).mappings().first()
        if row is None:
            raise NotFoundError(f"There is no import {in_quotes(id)}.", hint="Start the import again.")
        return ImportRow(**row)

    def all(self) -> list[ImportRow]:
        """Every import."""
        with self._database.read() as connection:
            return [ImportRow(**row) for row in connection.execute(select(import_draft)).mappings()]

    def change(self, id: str, **values: Any) -> None:
        """Write some columns."""
        with self._database.write() as connection:
            connection.execute(update(import_draft).where(import_draft.c.id == id).values(values))

    def delete(self, id: str) -> None:
        """Forget an import."""
        with self._database.write() as connection:
            connection.execute(delete(import_draft).where(import_draft.c.id == id))
