"""Dataset: what was imported. Immutable, fingerprinted, and free of absolute paths, so that it can be moved.

dataset.json      DatasetManifest
tables/*.parquet  one file a table: cleaned rows, real lists, and `__row`, the row in the source table from 1
media/            the files the tables name
profile.json      DatasetProfile        findings.json   Finding list
previews/         thumbnails, <sha of the media path>.jpg
checksums.json    what all of these were when they were imported, with media.parquet: see checksums.py
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from studio.datasets.labels.label_part import LabelPart
from studio.datasets.profile import DatasetProfile
from studio.errors import DatasetError, NotFoundError, in_quotes
from studio.files import read_json, resolve_inside, write_json
from studio.results.prediction import ROW
from studio.settings.choices import ChoiceContext
from studio.settings.choices import Column as ChoiceColumn
from studio.settings.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

TableRole = Literal["train", "validation", "test", "unlabeled"]
ColumnKind = Literal["text", "integer", "number", "boolean", "list", "file"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Model):
    """One column of a table, as profiled over all rows."""

    name: str
    kind: ColumnKind
    missing: int = 0
    distinct: int = 0
    lowest: float | None = None
    highest: float | None = None
    mean: float | None = None
    deviation: float | None = None
    top: tuple[tuple[str, int], ...] = ()
    """The most frequent values with their counts, at most 20."""


class Table(_Model):
    """One table of a dataset."""

    name: str
    """As the user knows it, such as `train.csv`. Settings name tables by this."""
    file: str
    """Relative to the dataset's folder."""
    role: TableRole | None = None
    rows: int
    """Rows kept."""
    rows_imported: int
    columns: tuple[Column, ...]


class DatasetManifest(_Model):
    """`dataset.json`."""

    version: int = 1
    id: str
    name: str
    problem_type: str
    roles: dict[str, str | tuple[str, ...]]
    """Setting name (`image_column`, `label_columns`) -> column or columns."""
    tables: tuple[Table, ...]
    media_folders: tuple[str, ...] = ()
    """Folders below `media/`, "." for itself."""
    media_folder: str = "."
    """The folder that the tables' file names are in."""
    media_files: int = 0
    size_bytes: int = 0
    created: float = 0.0
    source: str = ""
    """The name of the file or folder it came from, without its path."""
    fingerprint: str = ""
    """Hex SHA-256 over the tables' and media files' contents."""
    example_of: str = ""
    """The problem type whose example this is, if it is one."""

    def table_of_role(self, role: TableRole) -> Table | None:
        """The table with this role, if there is one."""
        return next((table for table in self.tables if table.role == role), None)

    def facts(self) -> Mapping[str, int]:
        """What conditions of settings may look at."""
        train = self.table_of_role("train")
        return {"dataset.table_count": len(self.tables), "dataset.train_rows": train.rows if train else 0}


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk."""

    folder: Path
    manifest: DatasetManifest

    @classmethod
    def open(cls, folder: Path) -> "Dataset":
        """The dataset in a folder.

        Raises:
            DatasetError: if there is none, or its description cannot be read.
        """
        path = folder / "dataset.json"
        if not path.is_file():
            raise DatasetError(
                f"There is no dataset in {in_quotes(folder.name)}.",
                hint="Import it again.",
                found=f"no {path.name}",
                expected="the folder of a dataset",
            )
        try:
            return cls(folder, DatasetManifest.model_validate(read_json(path)))
        except (OSError, ValueError, RecursionError):
            raise DatasetError(
                f"The description of the dataset {in_quotes(folder.name)} is damaged.",
                hint="Import the data again.",
                code="damaged",
                found=f"a {path.name} that cannot be read",
                expected="a description as the import writes it",
            ) from None

    def table(self, name: str, columns: Collection[str] | None = None) -> "pd.DataFrame":
        """A table by the name settings use, with the hidden column `__row`; of its columns only those that are named.

        Raises:
            NotFoundError: listing the tables there are.
        """
        import pandas as pd  # half a second of every start, and only this needs it
        import pyarrow.parquet as pq

        for table in self.manifest.tables:
            if table.name == name:
                path = self.folder / table.file
                if columns is None:
                    return pd.read_parquet(path)
                there = pq.read_schema(path).names
                return pd.read_parquet(path, columns=[name for name in there if name == ROW or name in columns])
        raise NotFoundError.among("table", name, [table.name for table in self.manifest.tables])

    def table_info(self, name: str) -> Table | None:
        """What is known about a table."""
        return next((table for table in self.manifest.tables if table.name == name), None)

    @property
    def media(self) -> Path:
        """Where media files lie."""
        return self.folder / "media"

    def media_path(self, folder: str | None, name: str) -> Path:
        """The file that a table's cell names, in a media folder of the dataset.

        Raises:
            PathError: if it is not there or leads outside.
        """
        text = name if folder in (None, "", ".") else f"{folder}/{name}"
        return resolve_inside(self.media, text)

    def preview(self, media_path: str) -> Path:
        """Where the small picture of a media file lies (it may not exist for very large datasets)."""
        return self.folder / "previews" / preview_name(media_path)

    def profile(self) -> DatasetProfile:
        """The facts found at import."""
        return DatasetProfile.model_validate(read_json(self.folder / "profile.json"))

    def findings(self) -> tuple[Finding, ...]:
        """What import found wrong or worth knowing."""
        return tuple(Finding.model_validate(one) for one in read_json(self.folder / "findings.json"))

    def write_manifest(self) -> None:
        """Write `dataset.json`; the last step of an import, which makes it complete."""
        write_json(self.folder / "dataset.json", self.manifest.model_dump(mode="json"))

    def choice_context(self, **more: object) -> ChoiceContext:
        """What settings can choose from in this dataset."""
        train = self.manifest.table_of_role("train") or (self.manifest.tables[0] if self.manifest.tables else None)
        columns = train.columns if train else ()
        fold = next((column for column in columns if column.name == "fold"), None)
        profile = self.profile()
        folds = tuple(value for value, _ in fold.top) if fold else ("0", "1", "2", "3", "4")
        return ChoiceContext(
            columns=tuple(ChoiceColumn(c.name, c.kind, c.distinct) for c in columns),
            tables=tuple(table.name for table in self.manifest.tables),
            folders=self.manifest.media_folders,
            folds=tuple(sorted(folds)),
            label_values=profile.part(LabelPart).names,
            facts={**self.manifest.facts(), **profile.choice_facts(), **(more.pop("facts", None) or {})},  # type: ignore[dict-item]
            **more,  # type: ignore[arg-type]
        )


def preview_name(media_path: str) -> str:
    """The file name of the small picture of a media file."""
    return f"{hashlib.sha256(media_path.encode()).hexdigest()[:32]}.jpg"


def slices_sheet(preview: Path) -> Path:
    """Where the sheet of slices lies that belongs to a preview, of a medium that has slices."""
    return preview.with_suffix(".slices.jpg")
