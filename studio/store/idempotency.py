"""Idempotency keys: the same command repeated has one effect and one answer."""

from sqlalchemy import delete, insert, select

from studio.errors import ConflictError
from studio.store.database import Database
from studio.store.tables import idempotency

KEPT_SECONDS = 7 * 24 * 3600


class Idempotency:
    """The table of keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: str, body_hash: str) -> str | None:
        """What was answered to this key.

        Raises:
            ConflictError: if the key was used for another body.
        """
        with self._database.read() as connection:
            row = connection.execute(select(idempotency).where(idempotency.c.key == key)).first()
        if row is None:
            return None
        if row.body_hash != body_hash:
            raise ConflictError(
                "This Idempotency-Key was used for another request.",
                hint="Use a new key for a new request.",
                code="idempotency",
            )
        return str(row.answer)

    def remember(self, key: str, body_hash: str, answer: str, now: float) -> None:
        """Keep the answer, in the transaction that did the work."""
        with self._database.write() as connection:
            connection.execute(delete(idempotency).where(idempotency.c.created < now - KEPT_SECONDS))
            connection.execute(insert(idempotency).values(key=key, body_hash=body_hash, answer=answer, created=now))
