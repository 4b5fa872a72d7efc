"""Zip archives, unpacked with our own loop: regular files only, every name checked, bytes counted while inflating."""

import shutil
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from studio.datasets.formatting import counted, listed, quoted
from studio.errors import ArchiveError, PathError, in_quotes
from studio.files import CHUNK_BYTES, LONGEST_PATH, MAX_NAME_BYTES, MAX_PATH_PARTS, relative_path

MAX_ENTRIES = 1_000_000
MAX_EXPANSION = 200
FREE_EXPANSION_BYTES = 1 << 20
_JUNK_PARTS = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".git", ".ipynb_checkpoints"})
_METHODS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}
_OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstandard", 95: "xz", 98: "ppmd"}
_PACKING = "entries that are stored or deflated"
_UTF8_NAMES = 0x800


def is_junk(path: PurePosixPath | Path) -> bool:
    """Whether a file is left behind by an operating system or a tool."""
    return any(part in _JUNK_PARTS or part.startswith("._") for part in path.parts)


def extract_zip(archive: Path, target: Path, *, free_bytes: int | None = None) -> int:
    """Unpack into an empty folder and give the number of files. Nothing stays behind when it fails.

    Raises:
        ArchiveError: for a damaged, encrypted, hostile or unsupported archive, naming the entry.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(archive) as source:
            return _extract(source, target, archive.stat().st_size, free_bytes)
    except (zipfile.BadZipFile, EOFError, RecursionError, UnicodeError, zlib.error) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise ArchiveError(
            f"The zip file is damaged or incomplete{f' ({error})' if str(error) else ''}.",
            hint="Upload it again.",
            found="a damaged or truncated zip file",
            expected="a complete zip file",
        ) from None
    except NotImplementedError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise ArchiveError(
            f"The zip file cannot be read: {error}.",
            hint="Pack it again with deflate.",
            found="an unsupported compression method",
            expected=_PACKING,
        ) from None
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _extract(source: zipfile.ZipFile, target: Path, archive_bytes: int, free_bytes: int | None) -> int:
    entries = list(_checked_entries(source))
    budget = FREE_EXPANSION_BYTES + MAX_EXPANSION * archive_bytes
    if free_bytes is not None:
        budget = min(budget, free_bytes)
    strip = _single_root([path for _, path in entries])
    written = 0
    for info, path in entries:
        inner = PurePosixPath(*path.parts[1:]) if strip else path
        place = target / inner
        place.parent.mkdir(parents=True, exist_ok=True)
        with source.open(info) as packed, place.open("xb") as file:
            while chunk := packed.read(CHUNK_BYTES):
                written += len(chunk)
                if written > budget:
                    raise ArchiveError(
                        f"The zip file expands to more than {budget / 1e6:,.0f} MB.",
                        hint="Pack only the data, or free disk space.",
                        code="zip_bomb",
                        found=f"more than {budget / 1e6:,.0f} MB unpacked",
                        expected=f"at most {MAX_EXPANSION} times the packed size, with room on the disk",
                    )
                file.write(chunk)
    return len(entries)


def _checked_entries(source: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    infos = source.infolist()
    if len(infos) > MAX_ENTRIES:
        raise ArchiveError(
            f"The zip file has {len(infos):,} entries.",
            hint=f"At most {MAX_ENTRIES:,} are read.",
            found=f"{len(infos):,} entries",
            expected=f"at most {MAX_ENTRIES:,} entries",
        )
    _refuse_overlap(infos)
    seen: dict[str, str] = {}
    folders: set[str] = set()
    count = 0
    for info in infos:
        if not info.filename:
            raise ArchiveError(
                "An entry of the zip file has no name.",
                hint="Pack it again.",
                code="zip_slip",
                found="an entry without a name",
                expected="a name for every entry",
            )
        if info.is_dir() or (info.filename.endswith("\\") and info.file_size == 0):
            continue
        path = _checked_path(info)
        if is_junk(path):
            continue
        folded = unicodedata.normalize("NFC", str(path)).casefold()
        if folded in seen:
            raise ArchiveError(
                f"Two entries have the same name: {in_quotes(seen[folded])} and {in_quotes(info.filename)}.",
                hint="Rename one of them.",
                found=listed([seen[folded], info.filename]),
                expected="names that differ in more than case and Unicode form",
            )
        seen[folded] = info.filename
        folders.update(unicodedata.normalize("NFC", str(parent)).casefold() for parent in path.parents)
        count += 1
        yield info, path
    both = next((name for name in seen if name in folders), None)
    if both is not None:
        raise ArchiveError(
            f"{in_quotes(seen[both])} is a file and a folder.",
            hint="Rename one of them.",
            found=f"two entries {quoted(seen[both])}",
            expected="unique names",
        )
    if count == 0:
        raise ArchiveError(
            "The zip file contains no usable files.",
            hint="Pack the tables and their media.",
            found=f"{counted(len(infos), 'entry', 'entries')}, folders or system files all",
            expected="tables and their media",
        )


def _checked_path(info: zipfile.ZipInfo) -> PurePosixPath:
    name = _decoded_name(info)
    if info.flag_bits & 0x1:
        raise ArchiveError(
            f"{in_quotes(name)} is password-protected.",
            hint="Pack it again without a password.",
            found="an entry with a password",
            expected="entries without a password",
        )
    if info.compress_type not in _METHODS:
        method = _OTHER_METHODS.get(info.compress_type, f"method {info.compress_type}")
        raise ArchiveError(
            f"{in_quotes(name)} is compressed with {method}, which is not supported.",
            hint="Pack it again with deflate.",
            found=method,
            expected=_PACKING,
        )
    kind = (info.external_attr >> 16) & 0o170000
    if kind not in (0, 0o100000):
        raise ArchiveError(
            f"{in_quotes(name)} is a link or a device.",
            hint="Pack regular files only.",
            code="zip_link",
            found="a link or a device",
            expected="regular files",
        )
    try:
        # Some programs on Windows separate folders by backslashes, against the format.
        return relative_path(name if "/" in name else name.replace("\\", "/"))
    except PathError as error:
        path = PurePosixPath(name)
        code = "name_too_long" if "too long" in error.message else "zip_slip"
        raise ArchiveError(
            f"The entry cannot be unpacked: {error.message}",
            hint=error.hint,
            code=code,
            found=_too_long(path) if code == "name_too_long" else quoted(name),
            expected=LONGEST_PATH if code == "name_too_long" else "a plain path inside the zip file",
        ) from None


def _too_long(path: PurePosixPath) -> str:
    longest = max(len(part.encode(errors="replace")) for part in path.parts)
    if len(path.parts) > MAX_PATH_PARTS:
        return f"{len(path.parts):,} folders deep"
    if longest > MAX_NAME_BYTES:
        return f"a name of {longest:,} bytes"
    return f"a path of {len(str(path).encode(errors='replace')):,} bytes"


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """An entry's name. Without the mark for UTF-8 the bytes are tried as UTF-8, which many tools write unmarked.

    Raises:
        ArchiveError: if they are something else, which nobody can tell from the file.
    """
    name = info.orig_filename or info.filename
    if info.flag_bits & _UTF8_NAMES or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        raise ArchiveError(
            f"The name {in_quotes(name[:80])} is not UTF-8, so its characters are unknown.",
            hint="Pack the files again with a tool that writes UTF-8 names, or rename them to ASCII letters.",
            code="name_encoding",
            found=quoted(name),
            expected="names in UTF-8",
        ) from None


def _refuse_overlap(infos: list[zipfile.ZipInfo]) -> None:
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise ArchiveError(
                f"The entry {in_quotes(info.filename)} overlaps another.",
                hint="Pack it again.",
                code="zip_bomb",
                found="entries that share bytes",
                expected="entries that do not overlap",
            )
        name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAMES else "cp437")
        end = info.header_offset + 30 + len(name) + info.compress_size


def _single_root(paths: list[PurePosixPath]) -> bool:
    """Whether everything lies in one top folder that can be stripped."""
    return all(len(path.parts) > 1 for path in paths) and len({path.parts[0] for path in paths}) == 1
