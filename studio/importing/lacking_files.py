"""What an upload lacks: files that a table names, and files that are packed once more and so not opened."""

from collections.abc import Iterator, Mapping

from studio.datasets.formatting import listed
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.media.registry import media_endings
from studio.datasets.tables.parsed_table import RawTable
from studio.datasets.uploads.file_columns import names_media
from studio.datasets.uploads.named_files import has_media_ending
from studio.settings.finding import Finding, FindingLevel

ENDINGS = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
SAMPLE_ROWS = 200
_ADDRESS = "://"
"""In what names a file of the web, which no upload has to bring."""


def packed_inside(upload: Upload) -> list[str]:
    """Archives among the files; media may be packed themselves, as .nii.gz is."""
    return [path for path in upload.with_ending(*ENDINGS) if not has_media_ending(path)]


def lacking_findings(upload: Upload) -> list[Finding]:
    """Archives that were not opened, and columns none of whose files are there; with both, an error."""
    packed = packed_inside(upload)
    columns = [] if upload.with_ending(*media_endings()) else list(_columns_of_media(upload.tables))
    level = FindingLevel.ERROR if packed and columns else FindingLevel.WARNING
    return [
        *trouble(
            "packed_inside",
            packed[0] if packed else "",
            f"{listed(packed)} is packed inside the upload and was not opened.",
            "Unpack it, and upload its files beside the table in one zip.",
            packed,
            level,
            expected="files that are not packed once more",
        ),
        *trouble(
            "no_media",
            columns[0][0] if columns else "",
            "The column names files, and no file of such a kind is in the upload.",
            "Upload the table and the files that it names in one zip or folder.",
            [cell for _, cell in columns],
            expected="the files that the table names",
        ),
    ]


def _columns_of_media(tables: Mapping[str, RawTable]) -> Iterator[tuple[str, str]]:
    """(place, first cell) of columns whose cells end like names of media."""
    for table in tables.values():
        for column, kind in table.kinds.items():
            cells = [str(cell) for cell in table.frame[column].dropna().head(SAMPLE_ROWS)] if kind == "text" else []
            if names_media(cells) and _ADDRESS not in cells[0]:
                yield f"{table.name}: {column}", cells[0]
