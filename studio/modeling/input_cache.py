"""Input cache: decoded and resized inputs on disk, in the dataset's folder, shared by all runs on it.

    <dataset>/cache/<variant>/<2 hex digits>/<key>     one array: a line of JSON, then its bytes

The key is made of what the file is (dataset, path, size, time of change), the variant of what was done to it. Entries
appear whole or not at all, and are checked when read, so that any number of processes may read, write and evict
without a lock; the worst that can happen is that an input is decoded once more. With the dataset its cache is deleted.
"""

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.files import disk_free_bytes, private_folder

FOLDER = "cache"
MAX_BYTES = 20 << 30
"""Of all datasets of a studio together."""
RESERVE_BYTES = 4 << 30
"""Of the disk, left for everything else."""
FULL_SHARE = 0.8
ROOM_SHARE = 0.5
"""Full to the first share at the start of a run, it is emptied to the second; the variants longest unused go first."""
IN_USE_SECONDS = 3600.0
SAMPLED_FOLDERS = 16
"""Of 256: keys are spread evenly, so a part tells the size of the whole."""
LOOK_EVERY = 64
"""Entries written between two looks at the disk."""
TYPES = ("|u1", "<u2", "<i4", "<f4")


@dataclass(frozen=True)
class Entry:
    """An array, and a few numbers about what it was made from."""

    array: np.ndarray
    facts: tuple[int, ...] = ()


@dataclass
class InputCache:
    """The cache of one dataset, as one process sees it."""

    folder: Path
    fingerprint: str
    budget_bytes: int
    """That this process may still write."""
    written: int = 0

    def get(self, file: Path, variant: str, make: Callable[[], Entry], max_bytes: int | None = None) -> Entry:
        """The entry of a file in a variant, made and kept if it is not there and no larger than `max_bytes`."""
        return self.get_by_key(self._key(file), variant, make, max_bytes)

    def get_by_key(self, key: str, variant: str, make: Callable[[], Entry], max_bytes: int | None = None) -> Entry:
        """The same for an input that is no file, under a hash of its content."""
        path = self.folder / variant / key[:2] / key[2:]
        found = _read(path)
        if found is not None:
            return found
        entry = make()
        is_small = max_bytes is None or entry.array.nbytes <= max_bytes
        if is_small and entry.array.dtype.str in TYPES and self._has_room(entry.array.nbytes):
            self._write(path, entry)
        return entry

    def _key(self, file: Path) -> str:
        facts = file.stat()
        # Relative to the dataset, so that a home can be moved.
        name = os.path.relpath(file, self.folder.parent)
        text = f"{self.fingerprint}\n{name}\n{facts.st_size}\n{facts.st_mtime_ns}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    def _has_room(self, size_bytes: int) -> bool:
        if self.written % LOOK_EVERY == 0 and disk_free_bytes(self.folder.parent) < RESERVE_BYTES:
            self.budget_bytes = 0
        return size_bytes <= self.budget_bytes

    def _write(self, path: Path, entry: Entry) -> None:
        data = np.ascontiguousarray(entry.array)
        head = {
            "shape": data.shape,
            "type": data.dtype.str,
            "facts": entry.facts,
            "sum": _checksum(data),
        }
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(json.dumps(head).encode() + b"\n")
                file.write(data.data)
            temporary.replace(path)
        except OSError:
            # A full or read-only disk costs the cache, never the run.
            temporary.unlink(missing_ok=True)
            self.budget_bytes = 0
            return
        self.written += 1
        self.budget_bytes -= data.nbytes


def open_cache(dataset: Path, fingerprint: str, writers: int) -> InputCache | None:
    """The cache of a dataset with this process's share of what may be written; None where the disk has no room."""
    folder = dataset / FOLDER
    try:
        private_folder(folder)
        for variant in folder.iterdir():
            os.utime(variant)
        used = make_room(dataset.parent)
        free = disk_free_bytes(folder)
    except OSError:
        return None
    budget = min(MAX_BYTES - used, free - RESERVE_BYTES)
    return InputCache(folder, fingerprint, budget // max(1, writers)) if budget > 0 else None


def make_room(datasets: Path, now: float | None = None) -> int:
    """Drop variants that were not used for longest if the caches are nearly full; gives the bytes then used."""
    sizes = {variant: _size_bytes(variant) for variant in _variants(datasets)}
    used = sum(sizes.values())
    if used <= FULL_SHARE * MAX_BYTES:
        return used
    moment = time.time() if now is None else now
    last_use = {variant: variant.stat().st_mtime for variant in sizes}
    for variant in sorted(sizes, key=lambda one: last_use[one]):
        if used <= ROOM_SHARE * MAX_BYTES or moment - last_use[variant] < IN_USE_SECONDS:
            break
        shutil.rmtree(variant, ignore_errors=True)
        used -= sizes[variant]
    return used


def _variants(datasets: Path) -> Iterator[Path]:
    return (one for one in datasets.glob(f"*/{FOLDER}/*") if one.is_dir())


def _size_bytes(variant: Path) -> int:
    parts = sorted(variant.iterdir())
    seen = parts[:SAMPLED_FOLDERS]
    size = sum(entry.stat().st_size for part in seen for entry in os.scandir(part))
    return size * len(parts) // max(1, len(seen))


def _read(path: Path) -> Entry | None:
    """The entry in a file; None if there is none, or it is damaged."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline())
            if head["type"] not in TYPES:
                return None
            array = np.empty(head["shape"], dtype=np.dtype(head["type"]))
            is_whole = file.readinto(array.data.cast("B")) == array.nbytes and not file.read(1)
        if not is_whole or _checksum(array) != head["sum"]:
            return None
        return Entry(array, tuple(head["facts"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _checksum(array: np.ndarray) -> int:
    """Of what a power cut can do to a file, such as pages of zeros; ten times as fast as CRC-32."""
    data = array.reshape(-1).view(np.uint8)
    words = data[: data.size // 8 * 8].view(np.uint64)
    return (int(words.sum()) + int(data[words.size * 8 :].sum())) % 2**64
