"""refused_kinds: files that are not read, told by their first bytes and their ending before anything opens them."""

from pathlib import Path

from studio.datasets.uploads.file_kinds import HEAD_BYTES, file_kind, foreign_archive, kind_of_bytes
from studio.errors import ArchiveError
from studio.files import read_head
from studio.importing.format_choice import single_file_endings
from studio.importing.unpacking import PACKED_TABLES

ENDINGS = (".zip", ".csv", ".tsv", ".parquet", ".pq", ".jsonl", *PACKED_TABLES)
READ_KINDS = "a zip archive or a table"
NEVER_OPENED = ("pickle", "numpy", "hdf5")


def refuse_kind(source: Path, name: str) -> None:
    """Refuse what is not read, by its first bytes and its ending, before anything opens it.

    Raises:
        ArchiveError: naming what it is.
    """
    start = read_head(source, HEAD_BYTES)
    found = file_kind(start)
    is_packed_table = found is not None and found.id == "gzip" and name.lower().endswith(PACKED_TABLES)
    if found is not None and not is_packed_table and (found.id in NEVER_OPENED or foreign_archive(start)):
        raise ArchiveError(
            f"{name} is {found.words}; files of this kind are never opened.",
            hint="Use a zip archive.",
            found=found.words,
            expected=READ_KINDS,
        )
    known = (*ENDINGS, *single_file_endings())
    if not name.lower().endswith(known):
        raise ArchiveError(
            f"{name} is a kind of file that cannot be imported.",
            hint=f"Use one of {', '.join(known)}.",
            found=kind_of_bytes(start),
            expected=READ_KINDS,
        )
