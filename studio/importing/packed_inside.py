"""Archives inside an upload: they are not opened, so whatever they hold is named as missing."""

from collections.abc import Iterable, Mapping

from studio.datasets.formatting import listed
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.media.registry import media_endings
from studio.datasets.tables.parsed_table import RawTable
from studio.datasets.uploads.named_files import has_media_ending
from studio.settings.finding import Finding, FindingLevel

ENDINGS = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".rar", ".7z")
SAMPLE_ROWS = 200
FILE_SHARE = 0.5


def packed_inside(upload: Upload) -> list[str]:
    """Archives among the files; media may be packed themselves, as .nii.gz is."""
    return [path for path in upload.with_ending(*ENDINGS) if not has_media_ending(path)]


def packed_findings(upload: Upload) -> list[Finding]:
    """That archives were not opened: an error where a table names media and none are there but packed ones."""
    packed = packed_inside(upload)
    is_lacking = bool(packed) and not upload.with_ending(*media_endings()) and _names_media(upload.tables)
    lacking = " The table names files that are not in the upload." if is_lacking else ""
    return trouble(
        "packed_inside",
        packed[0] if packed else "",
        f"{listed(packed)} is packed inside the upload and was not opened.{lacking}",
        "Unpack it, and upload its files beside the table in one zip.",
        packed,
        FindingLevel.ERROR if is_lacking else FindingLevel.WARNING,
        expected="files that are not packed once more",
    )


def _names_media(tables: Mapping[str, RawTable]) -> bool:
    """Whether most cells of a text column end like names of media."""
    return any(
        _are_names(table.frame[column].dropna().head(SAMPLE_ROWS))
        for table in tables.values()
        for column, kind in table.kinds.items()
        if kind == "text"
    )


def _are_names(cells: Iterable[object]) -> bool:
    named = [has_media_ending(str(cell)) for cell in cells]
    return bool(named) and sum(named) >= FILE_SHARE * len(named)
