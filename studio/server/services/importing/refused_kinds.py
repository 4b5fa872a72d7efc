"""refused_kinds: files that are not read, told by their first bytes and their ending before anything opens them."""

from pathlib import Path

from studio.datasets.uploads.file_kinds import kind_of_bytes
from studio.errors import ArchiveError
from studio.importing.format_choice import single_file_endings
from studio.importing.unpacking import PACKED_TABLES

ENDINGS = (".zip", ".csv", ".tsv", ".parquet", ".pq", ".jsonl", *PACKED_TABLES)
READ_KINDS = "a zip archive or a table"
_REFUSED_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
)


def refuse_kind(source: Path, name: str) -> None:
    """Refuse what is not read, by its first bytes and its ending, before anything opens it.

    Raises:
        ArchiveError: naming what it is.
    """
    with source.open("rb") as file:
        start = file.read(512)
    is_packed_table = name.lower().endswith(PACKED_TABLES)
    for magic, words in _REFUSED_STARTS:
        if start.startswith(magic) and not (is_packed_table and magic == b"\x1f\x8b"):
            raise ArchiveError(
                f"{name!r} is {words}; files of this kind are never opened.",
                hint="Use a zip archive.",
                found=words,
                expected=READ_KINDS,
            )
    if start[257:262] == b"ustar":
        raise ArchiveError(
            f"{name!r} is a tar archive.", hint="Use a zip archive.", found="a tar archive", expected=READ_KINDS
        )
    known = (*ENDINGS, *single_file_endings())
    if not name.lower().endswith(known):
        raise ArchiveError(
            f"{name!r} is not of a kind that is read.",
            hint=f"Use one of {', '.join(known)}.",
            found=kind_of_bytes(start),
            expected=READ_KINDS,
        )
