"""Unpacking: a zip file, a table, a packed table or a folder becomes a folder of plain files."""

import gzip
import os
import shutil
import zlib
from pathlib import Path

from studio.datasets.formatting import quoted
from studio.datasets.tables.table import EXTENSIONS
from studio.datasets.uploads.archive import FREE_EXPANSION_BYTES, MAX_EXPANSION, extract_zip, is_junk
from studio.datasets.uploads.file_kinds import foreign_archive, is_kind, is_web_page, kind_of_bytes
from studio.errors import ArchiveError, DatasetError, in_quotes
from studio.files import CHUNK_BYTES, disk_free_bytes, iter_files, open_beneath, read_head, require_free_space
from studio.importing.format_choice import single_file_endings

PACKED_TABLES = (".csv.gz", ".tsv.gz", ".jsonl.gz")
_UPLOAD = "a zip file, a table or a file of annotations"


def unpack(source: Path, files: Path, name: str = "") -> None:
    """Bring a zip file, a table or a folder into `files`. `source` may be the name of a descriptor.

    Raises:
        StudioError: if it is none of these, or does not fit on the disk.
    """
    shown = name or source.name
    if source.is_dir():
        require_free_space(files.parent, sum(path.stat().st_size for path in iter_files(source)))
        _copy_folder(source, files)
        return
    if not source.is_file():
        raise DatasetError(
            f"There is no file {in_quotes(shown)}.",
            hint="Check the path.",
            code="no_file",
            found=quoted(shown),
            expected="the path of a file or a folder",
        )
    if source.stat().st_size == 0:
        raise DatasetError(
            f"{shown} is empty.", hint="Upload it again.", code="empty_file", found="0 bytes", expected=_UPLOAD
        )
    head = read_head(source)
    ending = Path(shown).suffix.lower()
    if is_kind(head, "zip") and ending not in (".xlsx", ".docx"):
        extract_zip(source, files, free_bytes=disk_free_bytes(files.parent))
        return
    if shown.lower().endswith(PACKED_TABLES) and is_kind(head, "gzip"):
        _gunzip(source, files, shown)
        return
    other = foreign_archive(head)
    if other is not None:
        raise ArchiveError(
            f"{shown} is {other.words}.",
            hint="Unpack it and upload a zip file.",
            code="not_zip",
            found=other.words,
            expected=_UPLOAD,
        )
    if ending == ".zip":
        hint = "The upload may be incomplete; upload it again."
        if is_web_page(head):
            hint = "It looks like a web page, perhaps of a login. Download the file itself."
        raise ArchiveError(
            f"{shown} is not a zip file.", hint=hint, code="not_zip", found=kind_of_bytes(head), expected="a zip file"
        )
    known = (*EXTENSIONS, *single_file_endings())
    if ending not in known:
        raise DatasetError(
            f"{shown} is neither a zip file nor a table.",
            hint=f"Upload .zip or {', '.join(known)}.",
            code="not_table",
            found=kind_of_bytes(head),
            expected=_UPLOAD,
        )
    files.mkdir()
    shutil.copyfile(source, files / Path(shown).name)


def _copy_folder(source: Path, files: Path) -> None:
    """Copy regular files, each opened through no link, so that a name that is swapped meanwhile leads nowhere."""
    for path in iter_files(source):
        relative = path.relative_to(source)
        if is_junk(relative):
            continue
        place = files / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(open_beneath(source, path), "rb") as opened, place.open("xb") as file:
            shutil.copyfileobj(opened, file, CHUNK_BYTES)
    files.mkdir(exist_ok=True)


def _gunzip(source: Path, files: Path, name: str) -> None:
    """Unpack one table, bytes counted while inflating."""
    budget = min(FREE_EXPANSION_BYTES + MAX_EXPANSION * source.stat().st_size, disk_free_bytes(files.parent))
    files.mkdir()
    written = 0
    try:
        with gzip.open(source) as packed, (files / Path(name).name[: -len(".gz")]).open("xb") as file:
            while chunk := packed.read(CHUNK_BYTES):
                written += len(chunk)
                if written > budget:
                    raise ArchiveError(
                        f"{name} expands to more than {budget / 1e6:,.0f} MB.",
                        hint="Upload the table unpacked, or free disk space.",
                        code="zip_bomb",
                        found=f"more than {budget / 1e6:,.0f} MB unpacked",
                        expected=f"at most {MAX_EXPANSION} times the packed size, with room on the disk",
                    )
                file.write(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        shutil.rmtree(files, ignore_errors=True)
        raise ArchiveError(
            f"The gzip file {name} is damaged ({error}).",
            hint="Upload it again.",
            found="a damaged or cut gzip file",
            expected="a whole gzip file",
        ) from None
    except BaseException:
        shutil.rmtree(files, ignore_errors=True)
        raise
