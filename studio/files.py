"""Files: the only places that write atomically, turn a request's text into a path, hash, and copy safely."""

import ctypes
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from studio.errors import DiskFullError, PathError, in_quotes
from studio.json_text import parse_json

CHUNK_BYTES = 1 << 20
ROOM_BYTES = 16 << 20
"""With more free space than this, a disk that takes nothing lacks something else."""
MAX_NAME_BYTES = 255
MAX_PATH_PARTS = 32
MAX_PATH_BYTES = 2048
"""Half of what Linux takes of a path, because the folder of a dataset stands before it."""
LONGEST_PATH = f"at most {MAX_PATH_PARTS} folders deep, {MAX_NAME_BYTES} bytes a name and {MAX_PATH_BYTES:,} in all"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_DRIVE = re.compile(r"^[A-Za-z]:")


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write `data` so that a reader sees the old file or the whole new one, also after a power cut.

    Temp file beside the target, fsync, rename, fsync of the folder: rename alone gave zero-byte files on ext4.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        fsync_folder(path.parent)


@contextmanager
def made_beside(target: Path) -> Iterator[Path]:
    """A path to write a file to that becomes `target` at the end, private, durable and whole, or leaves nothing."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        temporary.chmod(0o600)
        fsync_file(temporary)
        os.replace(temporary, target)
        fsync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Write JSON atomically; NaN and infinity are refused, not written."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)
    write_atomic(path, text.encode(), durable=durable)


def read_json(path: Path) -> Any:
    """The JSON value in a file of ours, which may come from a backup or bundle of others.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no JSON, or nested too deep.
    """
    return parse_json(path.read_bytes())


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable (a rename is not, until its folder is synced)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make the bytes of a finished file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(folder: Path) -> None:
    """Make everything written below a folder durable, with all else on its disk: one call for however many files.

    Raises:
        OSError: if the disk does not take it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def private_folder(path: Path) -> Path:
    """The folder, made if needed, readable by its owner only (0700)."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def read_head(path: Path, size_bytes: int = 512) -> bytes:
    """The first bytes of a file, to tell what it is by its content."""
    with path.open("rb") as file:
        return file.read(size_bytes)


def overlapping_chunks(path: Path, overlap: int) -> Iterator[bytes]:
    """The content of a file in parts, each but the first with the last bytes of the one before it: no word is cut."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield tail + chunk
            tail = chunk[-overlap:]


def is_same_file(first: Path, second: Path) -> bool:
    """Whether writing one would change the other, also by a link; either may not exist yet."""
    try:
        return first.samefile(second)
    except OSError:
        return first.resolve() == second.resolve()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def relative_path(text: str) -> PurePosixPath:
    """`text` as a plain relative path: no root, drive, `..`, backslash or control character.

    Raises:
        PathError: naming what is wrong with the text.
    """
    if not text or _UNSAFE.search(text) or _DRIVE.match(text) or text.startswith("/"):
        raise PathError(
            f"{in_quotes(text)} is not a plain relative path.", hint="Use forward slashes and no leading slash."
        )
    path = PurePosixPath(text)
    if ".." in path.parts or not path.parts:
        raise PathError(f"{in_quotes(text)} points outside its folder.", hint="Name a file inside the folder.")
    sizes = [len(part.encode()) for part in path.parts]
    if len(sizes) > MAX_PATH_PARTS or max(sizes) > MAX_NAME_BYTES or sum(sizes) > MAX_PATH_BYTES:
        raise PathError(f"{in_quotes(text[:80])} is too long.", hint=f"{LONGEST_PATH.capitalize()}.")
    return path


def resolve_inside(root: Path, text: str) -> Path:
    """The existing file or folder `text` names inside `root`; links that lead anywhere are refused.

    The one place where a request's text becomes a path. Compares path parts, never string prefixes.

    Raises:
        PathError: if the text is not a plain relative path, leads outside, passes a link, or does not exist.
    """
    plain = relative_path(text)
    path = root
    try:
        for part in plain.parts:
            path = path / part
            if path.is_symlink():
                raise PathError(f"{in_quotes(text)} is a link.", hint="Links are not followed; import the file itself.")
        is_inside = path.exists() and path.resolve().is_relative_to(root.resolve())
    except OSError:  # too long as a whole, or it became a link while it was looked at
        is_inside = False
    if not is_inside:
        raise PathError(f"There is no file {in_quotes(text)} here.", hint="Check the name, its case and its folder.")
    return path


def resolve_file(root: Path, text: str) -> Path:
    """The existing regular file that `text` names inside `root`; a folder or pipe is none.

    Raises:
        PathError: as `resolve_inside`, or if it is no file.
    """
    path = resolve_inside(root, text)
    if not path.is_file():
        raise PathError(f"There is no file {in_quotes(text)} here.", hint="Name a file, not a folder.")
    return path


def open_beneath(root: Path, path: Path) -> int:
    """A descriptor of the regular file `path` below `root`, opened part by part without following a link.

    What was checked and what is read is the same file, whatever becomes of the names meanwhile.

    Raises:
        PathError: if it is not below `root`, a part of it is a link, or it is no regular file.
    """
    file = open_source(root, path)
    if path == root or not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise PathError(f"{in_quotes(path.name)} is no file.", hint="Name a file inside the folder.")
    return file


def open_source(root: Path, path: Path) -> int:
    """Like `open_beneath`, for a folder as well, or `root` itself.

    Raises:
        PathError: if it is not below `root`, a part of it is a link, or it is neither a file nor a folder.
    """
    if not path.is_relative_to(root) or ".." in path.parts:
        raise PathError("This file is outside its folder.", hint="Name a file inside the folder.")
    # Without waiting: a pipe in the place of a file would never open.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    parts = path.relative_to(root).parts
    try:
        found = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) if parts else os.open(root, flags)
        for number, part in enumerate(parts, start=1):
            outer = found
            try:
                found = os.open(part, flags | (os.O_DIRECTORY if number < len(parts) else 0), dir_fd=outer)
            finally:
                os.close(outer)
    except OSError:
        raise PathError(
            f"There is no file {in_quotes(path.name)} here.", hint="Check the name; links are not followed."
        ) from None
    if not (stat.S_ISREG(os.fstat(found).st_mode) or stat.S_ISDIR(os.fstat(found).st_mode)):
        os.close(found)
        raise PathError(f"{in_quotes(path.name)} is neither a file nor a folder.", hint="Name a file or a folder.")
    return found


def descriptor_path(descriptor: int) -> Path:
    """The name under which this process, or one that inherits the descriptor, finds what was opened."""
    return Path(f"/dev/fd/{descriptor}")


def iter_files(root: Path) -> Iterator[Path]:
    """Every regular file below `root`, sorted by path; links are skipped."""
    for folder, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def folder_size(root: Path) -> int:
    """Bytes in all regular files below `root`."""
    return sum(path.stat().st_size for path in iter_files(root))


def require_free_space(folder: Path, size_bytes: int, reserve_bytes: int = 0) -> None:
    """Check that `size_bytes` fit beside the reserve.

    Raises:
        DiskFullError: with the needed and the free size.
    """
    free = shutil.disk_usage(folder).free
    if size_bytes + reserve_bytes > free:
        raise DiskFullError(
            f"This needs {size_bytes / 1e6:,.0f} MB and keeps {reserve_bytes / 1e6:,.0f} MB in reserve; "
            f"{free / 1e6:,.0f} MB are free.",
            hint="Delete experiments or datasets that are no longer needed, or move the home to a larger disk.",
        )


def no_space_error(folder: Path) -> DiskFullError:
    """What it means that the disk of `folder` took no more: no bytes, or no files."""
    free = shutil.disk_usage(folder).free
    if free > ROOM_BYTES:
        return DiskFullError(
            f"The disk cannot hold more files (no inodes are left, or a quota is used up); {free / 1e6:,.1f} MB are "
            "free.",
            hint="Delete datasets of many files that are no longer needed, or move the home to another disk.",
        )
    return DiskFullError(
        f"The disk is full ({free / 1e6:,.1f} MB are free); this was not saved.",
        hint="Delete experiments or datasets that are no longer needed, then try again.",
    )


def disk_free_bytes(folder: Path) -> int:
    """Free bytes on the disk that holds `folder`."""
    return shutil.disk_usage(folder).free
