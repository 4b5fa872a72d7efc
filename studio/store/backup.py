"""Backups: a home in one zip, made beside a running server, and unpacked into an empty home.

The database is copied through SQLite, and first of all, so that it never speaks of a file that is not there. What is
written once and never changed (datasets, models, complete checkpoints, insights) is copied as it is. A backup holds no
secret values, no key and no token.
"""

import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from studio.errors import StudioError
from studio.failpoints import failpoint
from studio.files import (
    CHUNK_BYTES,
    fsync_folder,
    iter_files,
    made_beside,
    private_folder,
    read_json,
    relative_path,
    require_free_space,
    sync_files,
    write_json,
)
from studio.json_text import parse_json
from studio.store.copies import copy_database
from studio.store.damage import require_sound
from studio.store.foreign_names import foreign_names
from studio.store.home import Home, require_own_place
from studio.store.ids import is_id
from studio.store.migrate import require_known_revision

VERSION = 1
MANIFEST = "backup.json"
DATABASE = "studio.db"
PIN_TRIES = 10
_RUN_PARTS = ("insights", "predictions", "bundle", "golden", "assets")
_RUN_FILES = ("spec.json", "events.jsonl", "worker.log")


ANYTHING = None
_PLACES: dict[str, tuple[str, ...] | None] = {
    "runs": (*_RUN_PARTS, *_RUN_FILES, "checkpoints"),
    "predictions": ("predictions", "input", *_RUN_FILES),
    "inspections": (*_RUN_FILES, "findings.json"),
    "datasets": ANYTHING,
}
"""What a backup holds of each folder of the home, below an id."""


class BackupError(StudioError):
    """A backup that cannot be made or used."""

    code = "backup"


class BackedUpFile(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    size_bytes: int
    sha256: str


class BackupManifest(BaseModel):
    """What a backup holds; the last entry of its zip, so that a cut-off one has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    created: float
    studio_version: str
    has_datasets: bool
    has_runs: bool
    files: tuple[BackedUpFile, ...]


@dataclass(frozen=True)
class BackupContents:
    """What goes in beside the database."""

    has_runs: bool = True
    """Insights, predictions, models, and the latest and the best checkpoint of every run."""
    has_datasets: bool = True


@dataclass(frozen=True)
class _Item:
    """A file to copy: its name in the backup, and how much of it was there when the list was made."""

    path: Path
    name: str
    size_bytes: int


def back_up(home: Home, target: Path, contents: BackupContents, studio_version: str) -> BackupManifest:
    """Write a backup, whole or not at all; a server may run and train meanwhile.

    Raises:
        BackupError: if there is nothing to back up.
        DiskFullError: if it does not fit.
    """
    if not home.database.is_file():
        raise BackupError(f"There is no database in {home.path}.", hint="Name the studio's folder with --home.")
    pins = private_folder(home.backups / f".pins-{os.getpid()}")
    try:
        snapshot = pins / DATABASE
        copy_database(home.database, snapshot)
        items = [_item(snapshot, DATABASE), *_items(home, contents, pins)]
        require_free_space(target.parent, sum(item.size_bytes for item in items))
        with made_beside(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
            written = [entry for item in items if (entry := _add(archive, item)) is not None]
            failpoint("backup_half")
            manifest = BackupManifest(
                version=VERSION,
                created=time.time(),
                studio_version=studio_version,
                has_datasets=contents.has_datasets,
                has_runs=contents.has_runs,
                files=tuple(written),
            )
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
    finally:
        shutil.rmtree(pins, ignore_errors=True)
    return manifest


def restore(file: Path, home_path: Path) -> BackupManifest:
    """Unpack a backup into an empty or absent folder, whole or not at all.

    Raises:
        BackupError: if the file is no whole backup, a hash does not fit, or the folder holds something.
        NewerDatabaseError: if a later version made it.
    """
    if home_path.is_dir() and any(home_path.iterdir()):
        raise BackupError(f"{home_path} is not empty.", hint="Restore into a new folder; nothing is written over.")
    require_own_place(home_path)
    work = home_path.with_name(f".{home_path.name}.{os.getpid()}.restoring")
    shutil.rmtree(work, ignore_errors=True)
    try:
        with _open(file) as archive:
            manifest = _manifest(archive)
            home_path.parent.mkdir(parents=True, exist_ok=True)
            require_free_space(home_path.parent, sum(one.size_bytes for one in manifest.files))
            home = Home.create(work)
            _require_known_places(manifest)
            for one in manifest.files:
                _take(archive, one, work)
        require_sound(home)
        require_known_revision(home.database)
        _require_own_names(home)
        sync_files(work)
        if home_path.exists():
            home_path.rmdir()
        os.rename(work, home_path)
        fsync_folder(home_path.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return manifest


def _items(home: Home, contents: BackupContents, pins: Path) -> Iterator[_Item]:
    if contents.has_runs:
        for folder in _folders(home, "runs"):
            name = f"runs/{folder.name}"
            yield from _folder_items(folder, name, _RUN_PARTS, _RUN_FILES)
            yield from _checkpoint_items(folder / "checkpoints", f"{name}/checkpoints", pins / folder.name)
        for folder in _folders(home, "predictions"):
            yield from _folder_items(folder, f"predictions/{folder.name}", ("predictions", "input"), _RUN_FILES)
        yield from _tree_items(home.weights, "weights")
    for folder in _folders(home, "inspections"):
        yield from _folder_items(folder, f"inspections/{folder.name}", (), (*_RUN_FILES, "findings.json"))
    if contents.has_datasets:
        for folder in _folders(home, "datasets"):
            # What can be made again stays behind; a folder without its manifest is not a dataset yet.
            if (folder / "dataset.json").is_file():
                yield from _tree_items(folder, f"datasets/{folder.name}", without="cache")


def _folders(home: Home, name: str) -> list[Path]:
    """The folders of things; what else lies there (a deletion under way, what a person put there) stays behind."""
    return [path for path in sorted((home.path / name).iterdir()) if is_id(path.name)]


def _folder_items(folder: Path, name: str, parts: tuple[str, ...], files: tuple[str, ...]) -> Iterator[_Item]:
    """The logs first, with the size they have now: what they speak of was written before, and so is listed after."""
    yield from (_item(folder / file, f"{name}/{file}") for file in files if (folder / file).is_file())
    for part in parts:
        yield from _tree_items(folder / part, f"{name}/{part}")


def _tree_items(root: Path, name: str, without: str = "") -> Iterator[_Item]:
    for path in iter_files(root):
        inside = path.relative_to(root)
        if inside.parts[0] != without:
            yield _item(path, f"{name}/{inside.as_posix()}")


def _checkpoint_items(folder: Path, name: str, pins: Path) -> Iterator[_Item]:
    """The latest and the best checkpoint, held by links of our own: the worker may remove them at any moment."""
    for pointer in ("latest.json", "best.json"):
        for _ in range(PIN_TRIES):
            checkpoint = _pointed(folder / pointer)
            if checkpoint is None:
                break
            shutil.rmtree(pins / checkpoint, ignore_errors=True)
            try:
                shutil.copytree(folder / checkpoint, pins / checkpoint, copy_function=_link)
            except (FileNotFoundError, shutil.Error):
                continue  # it went meanwhile, so the pointer names another one now
            write_json(pins / pointer, {"name": checkpoint}, durable=False)
            break
    if pins.is_dir():
        yield from _tree_items(pins, name)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _pointed(pointer: Path) -> str | None:
    try:
        return str(read_json(pointer)["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _item(path: Path, name: str) -> _Item:
    try:
        return _Item(path, name, path.stat().st_size)
    except FileNotFoundError:
        return _Item(path, name, 0)


def _add(archive: zipfile.ZipFile, item: _Item) -> BackedUpFile | None:
    """Copy a file; None if it has gone meanwhile."""
    try:
        source = item.path.open("rb")
    except FileNotFoundError:
        return None
    digest, left = hashlib.sha256(), item.size_bytes
    with source, archive.open(zipfile.ZipInfo(item.name, time.localtime()[:6]), "w", force_zip64=True) as target:
        while left and (chunk := source.read(min(CHUNK_BYTES, left))):
            target.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
    return BackedUpFile(path=item.name, size_bytes=item.size_bytes - left, sha256=digest.hexdigest())


def _open(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        raise BackupError(f"{file} is not a readable backup: {error}.", hint="Choose another file.") from error


def _manifest(archive: zipfile.ZipFile) -> BackupManifest:
    try:
        values: dict[str, Any] = parse_json(archive.read(MANIFEST))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BackupError("This file is not a complete backup of the studio.", hint="Choose another file.") from error
    if isinstance(values, dict) and isinstance(version := values.get("version"), int) and version > VERSION:
        raise BackupError(
            f"This backup has format version {version}; this version of the studio reads {VERSION}.",
            hint="Restore it with the version that made it.",
            code="newer_backup",
        )
    try:
        return BackupManifest.model_validate(values)
    except ValidationError as error:
        raise BackupError("The list of files in this backup is damaged.", hint="Choose another file.") from error


def _require_known_places(manifest: BackupManifest) -> None:
    """Only what a backup puts there may come out of one: no session, key, process record or server file."""
    strange = [one.path for one in manifest.files if not _is_known_place(one.path)]
    if strange:
        raise BackupError(
            f"This backup holds files that no backup of the studio holds: {', '.join(map(repr, strange[:10]))}.",
            hint="It was modified; choose another file.",
            found=f"{len(strange)} files",
        )


def _is_known_place(text: str) -> bool:
    first, *inner = relative_path(text).parts
    if first == DATABASE:
        return not inner
    if first == "weights":
        return bool(inner)
    if len(inner) < 2 or not is_id(inner[0]):
        return False
    known = _PLACES.get(first, ())
    return known is ANYTHING or inner[1] in known


def _require_own_names(home: Home) -> None:
    foreign = foreign_names(home)
    if foreign:
        raise BackupError(
            f"The database of this backup names things outside of its home: {'; '.join(foreign[:10])}.",
            hint="It was modified; choose another file.",
            found=f"{len(foreign)} names",
        )


def _take(archive: zipfile.ZipFile, one: BackedUpFile, work: Path) -> None:
    """Unpack one file of the list, if it is what the list says."""
    path = work / relative_path(one.path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(one.path) as source, path.open("xb") as target:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size > one.size_bytes:
                    break
                target.write(chunk)
    except (KeyError, zipfile.BadZipFile, EOFError) as error:
        raise BackupError(f"{one.path} cannot be read from this backup.", hint="Choose another file.") from error
    if size != one.size_bytes or digest.hexdigest() != one.sha256:
        raise BackupError(
            f"{one.path} is not what was backed up: its hash differs.", hint="The file is damaged; choose another one."
        )
