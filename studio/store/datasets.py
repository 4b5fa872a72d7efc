"""Datasets in the database. The truth about a finished one is its folder; the row makes lists cheap."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from studio.datasets.dataset import DatasetManifest
from studio.errors import ConflictError, NotFoundError, in_quotes
from studio.store.database import Database
from studio.store.tables import dataset, experiment

logger = logging.getLogger(__name__)
DAMAGED = {
    "code": "damaged_row",
    "message": "The description of this dataset in the database is damaged.",
    "hint": "Import the data again, or restore a backup.",
}


@dataclass(frozen=True)
class DatasetRow:
    """One dataset."""

    id: str
    name: str
    problem_type: str
    state: str
    """inspecting, ready or failed."""
    created: float
    source: str = ""
    example_of: str = ""
    manifest: DatasetManifest | None = None
    findings_count: Mapping[str, int] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    deleted: float | None = None


class Datasets:
    """The dataset table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, row: DatasetRow) -> None:
        """Add a dataset.

        Raises:
            ConflictError: if the name is taken.
        """
        with self._database.write() as connection:
            if self.is_name_taken(row.name):
                raise ConflictError(
                    f"There is already a dataset named {in_quotes(row.name)}.", hint="Choose another name."
                )
            manifest = row.manifest.model_dump(mode="json") if row.manifest else None
            connection.execute(insert(dataset).values({**vars(row), "manifest": manifest}))

    def get(self, id_or_name: str) -> DatasetRow:
        """A dataset by id, or by its name.

        Raises:
            NotFoundError: with the nearest names.
        """
        with self._database.read() as connection:
            for column in (dataset.c.id, dataset.c.name):
                row = (
                    connection.execute(select(dataset).where(column == id_or_name, dataset.c.deleted.is_(None)))
                    .mappings()
                    .first()
                )
                if row is not None:
                    return _row(row)
            names = connection.scalars(select(dataset.c.name).where(dataset.c.deleted.is_(None)))
            raise NotFoundError.among("dataset", id_or_name, names)

    def all(self) -> list[DatasetRow]:
        """Every dataset, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(dataset).where(dataset.c.deleted.is_(None)).order_by(dataset.c.created.desc())
            ).mappings()
            return [_row(row) for row in rows]

    def is_name_taken(self, name: str) -> bool:
        """Whether some dataset has this name, case ignored."""
        with self._database.read() as connection:
            return connection.scalar(select(dataset.c.id).where(dataset.c.name == name)) is not None

    def use_counts(self) -> dict[str, int]:
        """How many experiments use each dataset."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(experiment.c.dataset_id, func.count())
                .where(experiment.c.deleted.is_(None), experiment.c.dataset_id.is_not(None))
                .group_by(experiment.c.dataset_id)
            )
            return {row[0]: row[1] for row in rows}

    def rename(self, id: str, name: str) -> None:
        """Give a dataset another name.

        Raises:
            ConflictError: if the name is taken.
        """
        with self._database.write() as connection:
            taken = connection.scalar(select(dataset.c.id).where(dataset.c.name == name))
            if taken is not None and taken != id:
                raise ConflictError(f"There is already a dataset named {in_quotes(name)}.", hint="Choose another name.")
            connection.execute(update(dataset).where(dataset.c.id == id).values(name=name))

    def complete(self, id: str, manifest: DatasetManifest, findings_count: Mapping[str, int]) -> None:
        """The dataset is ready."""
        with self._database.write() as connection:
            connection.execute(
                update(dataset)
                .where(dataset.c.id == id)
                .values(
                    state="ready",
                    manifest=manifest.model_dump(mode="json"),
                    problem_type=manifest.problem_type,
                    findings_count=dict(findings_count),
                    error=None,
                )
            )

    def fail(self, id: str, error: Mapping[str, Any]) -> None:
        """The dataset could not be made; `error` may have the findings that are the reason."""
        counts = Counter(finding["level"] for finding in error.get("findings", ()))
        with self._database.write() as connection:
            connection.execute(
                update(dataset)
                .where(dataset.c.id == id)
                .values(state="failed", error=dict(error), findings_count=dict(counts))
            )

    def soft_delete(self, id: str, now: float) -> None:
        """Mark as deleted; its name is free, its files may follow."""
        with self._database.write() as connection:
            connection.execute(
                update(dataset)
                .where(dataset.c.id == id, dataset.c.deleted.is_(None))
                .values(deleted=now, name=dataset.c.name + " (deleted " + id + ")")
            )

    def soft_deleted(self) -> list[str]:
        """Ids marked as deleted whose rows still stand."""
        with self._database.read() as connection:
            return list(connection.scalars(select(dataset.c.id).where(dataset.c.deleted.is_not(None))))

    def delete(self, id: str) -> None:
        """Remove the row."""
        with self._database.write() as connection:
            connection.execute(delete(dataset).where(dataset.c.id == id))


def _row(mapping: Mapping[Any, Any]) -> DatasetRow:
    manifest = mapping["manifest"]
    counts = mapping["findings_count"] or {}
    try:
        read = DatasetManifest.model_validate(manifest) if manifest is not None else None
        if read is None and mapping["state"] == "ready":
            raise ValueError("a dataset that is ready has a description")
    except ValueError:
        logger.warning("The row of dataset %.80r is damaged.", mapping["id"])
        return DatasetRow(
            **{**mapping, "manifest": None, "findings_count": counts, "state": "failed", "error": DAMAGED}
        )
    return DatasetRow(**{**mapping, "manifest": read, "findings_count": counts})
