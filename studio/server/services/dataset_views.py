"""Datasets as lists and pages see them: read from the database and their folders, and nothing changed."""

import json
from collections.abc import Iterator

from studio.datasets.dataset import Dataset as DatasetFiles
from studio.datasets.profile import DatasetProfile
from studio.errors import in_quotes
from studio.server.schemas.datasets import Dataset
from studio.server.views import damaged_dataset, dataset_view, shown
from studio.settings.finding import Finding, FindingLevel
from studio.store.datasets import DatasetRow
from studio.store.home import Home
from studio.store.store import Store


class DatasetViews:
    """What there is of datasets."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store

    def all(self) -> list[Dataset]:
        """Every dataset, the newest first."""
        used = self._store.datasets.use_counts()
        rows = self._store.datasets.all()
        return shown(rows, lambda row: self._view(row, used.get(row.id, 0)), damaged_dataset)

    def get(self, id_or_name: str) -> Dataset:
        """A dataset by id or name."""
        row = self._store.datasets.get(id_or_name)
        return self._view(row, self._store.datasets.use_counts().get(row.id, 0))

    def findings(self, id_or_name: str) -> list[Finding]:
        """What the inspection found, also of one that failed."""
        row = self._store.datasets.get(id_or_name)
        path = self._home.dataset(row.id) / "findings.json"
        if not path.is_file():
            return [Finding.model_validate(one) for one in (row.error or {}).get("findings", ())]
        return [*self._same_data(row), *(Finding.model_validate(one) for one in json.loads(path.read_bytes()))]

    def _same_data(self, row: DatasetRow) -> Iterator[Finding]:
        """A note if another dataset holds the same bytes."""
        fingerprint = row.manifest.fingerprint if row.manifest else ""
        same = [
            other.name
            for other in self._store.datasets.all()
            if other.id != row.id and fingerprint and other.manifest and other.manifest.fingerprint == fingerprint
        ]
        if same:
            yield Finding(
                level=FindingLevel.NOTE,
                code="same_data",
                path=row.name,
                message=f"The dataset {in_quotes(same[0])} holds the same rows and files.",
                fix="Use one of them.",
                examples=tuple(same[:20]),
            )

    def profile(self, id_or_name: str) -> DatasetProfile:
        """Facts about the data."""
        return self._open(id_or_name).profile()

    def _open(self, id_or_name: str) -> DatasetFiles:
        row = self._store.datasets.get(id_or_name)
        return DatasetFiles.open(self._home.dataset(row.id))

    def _view(self, row: DatasetRow, used_by: int) -> Dataset:
        run = self._store.runs.find(row.id) if row.state == "inspecting" else None
        return dataset_view(row, run, used_by)
