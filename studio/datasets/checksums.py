"""Checksums of a dataset at rest: what its import wrote, to be compared when a run starts.

checksums.json   path -> SHA-256 of descriptions, tables and the list of media
media.parquet    path below media/, size in bytes and SHA-256 of every file there

Tables and descriptions are hashed always. Of the media a run names, every size is compared; contents are hashed up to
256 MiB, beyond that those of a sample of this size, spread over all. A dataset of an earlier version has no checksums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.datasets.formatting import listed
from studio.errors import DatasetError
from studio.files import read_json, sha256_file, write_json

if TYPE_CHECKING:
    import pandas as pd

CHECKSUMS = "checksums.json"
MEDIA_LIST = "media.parquet"
DESCRIPTIONS = ("dataset.json", "profile.json", "findings.json")
HASHED_BYTES = 256 << 20
MISSING, OTHER_SIZE, OTHER_CONTENT = "missing", "of another size", "of other content"


@dataclass(frozen=True)
class MediaTrouble:
    """A media file that is not as it was imported."""

    path: str
    """Below `media/`."""
    what: str
    """`missing`, `of another size` or `of other content`."""


@dataclass(frozen=True)
class MediaCheck:
    """What comparing media came to."""

    troubles: tuple[MediaTrouble, ...]
    files: int
    hashed: int


def write_checksums(
    folder: Path, tables: Sequence[str], known: Callable[[str], str | None] = lambda path: None
) -> None:
    """Write down what lies in a dataset's folder. `known` gives hashes of media that were taken already, by path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    media = folder / "media"
    paths = sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())
    digests = [bytes.fromhex(known(path) or sha256_file(media / path)) for path in paths]
    columns = {
        "path": pa.array(paths, pa.string()),
        "size_bytes": pa.array([(media / path).stat().st_size for path in paths], pa.int64()),
        "sha256": pa.array(digests, pa.binary(32)),
    }
    pq.write_table(pa.table(columns), folder / MEDIA_LIST)
    parts = [name for name in (*DESCRIPTIONS, MEDIA_LIST, *tables) if (folder / name).is_file()]
    write_json(folder / CHECKSUMS, {name: sha256_file(folder / name) for name in parts})


def require_whole(folder: Path) -> None:
    """Check descriptions and tables of a dataset.

    Raises:
        DatasetError: with the code `dataset_damaged`, naming every part that is missing or has changed.
    """
    if not (folder / CHECKSUMS).is_file():
        return
    try:
        expected: Mapping[str, str] = {str(name): str(digest) for name, digest in read_json(folder / CHECKSUMS).items()}
    except (ValueError, AttributeError):
        raise _damaged([f"{CHECKSUMS} cannot be read"]) from None
    troubles = []
    for name, digest in expected.items():
        try:
            if sha256_file(folder / name) != digest:
                troubles.append(f"{name} has changed")
        except FileNotFoundError:
            troubles.append(f"{name} is missing")
    if troubles:
        raise _damaged(troubles)


def check_media(folder: Path, names: Sequence[str]) -> MediaCheck:
    """Compare these files, given by their paths below `media/`; in their order, each once."""
    if not (folder / CHECKSUMS).is_file():
        return MediaCheck((), 0, 0)
    wanted = list(dict.fromkeys(names))
    listing = _media_list(folder)
    known = listing.reindex(wanted)
    step = max(1, -(-int(known["size_bytes"].fillna(0).sum()) // HASHED_BYTES))
    troubles: list[MediaTrouble] = []
    hashed = 0
    for number, (path, size, digest) in enumerate(_rows(wanted, known)):
        is_hashed = number % step == 0
        what = _trouble(folder / "media" / path, size, digest if is_hashed else None)
        hashed += is_hashed
        if what:
            troubles.append(MediaTrouble(path, what))
    return MediaCheck(tuple(troubles), len(wanted), hashed)


def _media_list(folder: Path) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_parquet(folder / MEDIA_LIST).set_index("path")


def _rows(paths: Sequence[str], known: "pd.DataFrame") -> Iterator[tuple[str, int | None, bytes | None]]:
    for path, size, digest in zip(paths, known["size_bytes"], known["sha256"], strict=True):
        is_known = size == size  # not NaN
        yield path, int(size) if is_known else None, digest if is_known else None


def _trouble(path: Path, size: int | None, digest: bytes | None) -> str:
    try:
        found = path.stat().st_size
        if size is not None and found != size:
            return OTHER_SIZE
        return OTHER_CONTENT if digest is not None and sha256_file(path) != digest.hex() else ""
    except FileNotFoundError:
        return MISSING


def _damaged(troubles: Sequence[str]) -> DatasetError:
    return DatasetError(
        f"The dataset is damaged: {', '.join(troubles)}.",
        hint="Restore it from a backup, or import the data again.",
        code="dataset_damaged",
        found=listed(troubles),
        expected="the files as the import wrote them",
    )
