"""Converting: an upload in some format becomes tables beside it, once, and is read from there ever after.

IMPORT/files/                          the upload, untouched
IMPORT/converted/<format>/<role>.parquet    the studio's own tables
IMPORT/converted/<format>/conversion.json   media folder and findings; written last
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from studio.datasets.importers.format import DatasetFormat
from studio.datasets.importers.upload import Upload
from studio.datasets.tables.table import RawTable, read_table
from studio.files import private_folder, read_json, write_json
from studio.settings.finding import Finding

_STAMP = "conversion.json"


@dataclass(frozen=True)
class ConvertedUpload:
    """Tables in the studio's own form, the folder their file names are in, and what was noticed."""

    tables: dict[str, RawTable]
    media_folder: str
    findings: tuple[Finding, ...]


def converted_folder(import_folder: Path, format_id: str) -> Path | None:
    """Where the tables of a converted format lie; None for a format that needs no conversion."""
    folder = import_folder / "converted" / format_id
    return folder if (folder / _STAMP).is_file() else None


def converted_findings(folder: Path) -> tuple[Finding, ...]:
    """What was noticed while converting."""
    return tuple(Finding.model_validate(one) for one in read_json(folder / _STAMP)["findings"])


def convert(format: DatasetFormat, upload: Upload) -> ConvertedUpload:
    """The upload's tables in the studio's own form; converted beside the upload if that was not done yet.

    Raises:
        FindingsError, DatasetError: if the upload cannot be read in this format.
    """
    import_folder = upload.files.parent
    folder = converted_folder(import_folder, format.id) or _write(format, upload, import_folder)
    names = sorted(path.name for path in folder.glob("*.parquet"))
    tables = {name: read_table(folder / name, name) for name in names}
    return ConvertedUpload(tables, str(read_json(folder / _STAMP)["media_folder"]), converted_findings(folder))


def _write(format: DatasetFormat, upload: Upload, import_folder: Path) -> Path:
    if format.read is None:
        raise ValueError(f"the format {format.id!r} needs no conversion")
    conversion = format.read(upload)
    folder = import_folder / "converted" / format.id
    shutil.rmtree(folder, ignore_errors=True)
    private_folder(folder)
    for role, table in conversion.tables.items():
        pq.write_table(table, folder / f"{role}.parquet")
    findings = [finding.model_dump(mode="json") for finding in conversion.findings]
    write_json(folder / _STAMP, {"media_folder": conversion.media_folder, "findings": findings})
    return folder
