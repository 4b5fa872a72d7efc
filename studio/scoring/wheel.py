"""A wheel of this package for scoring: without server, database, scheduling, training and the other problem types."""

import base64
import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path, PurePosixPath

import studio
from studio.datasets.media.registry import ENTRY_POINT_GROUP as MEDIA_GROUP
from studio.files import iter_files
from studio.problems.contract import ProblemType
from studio.problems.registry import ENTRY_POINT_GROUP, PARTS

NAME = "deepstudio"
LEFT_OUT = ("server", "store", "scheduling", "training", "web", "cli.py", "__main__.py")
LOCAL_LABEL = "pipeline"
FIXED_TIME = (2020, 1, 1, 0, 0, 0)
"""Equal contents give equal wheels."""


@dataclass(frozen=True)
class Wheel:
    """A wheel in memory."""

    name: str
    requirement: str
    """What names it, and no package of an index: those have no local versions."""
    data: bytes


def scoring_wheel(kind: ProblemType) -> Wheel:
    """The wheel that a pipeline of this problem type carries."""
    number = f"{package_version()}+{LOCAL_LABEL}"
    files = dict(_sources(kind))
    info = f"{NAME}-{number}.dist-info"
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {number}\nSummary: Scoring part\n".encode()
    )
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: deepstudio\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    named = {ENTRY_POINT_GROUP: (kind.id, _entry_of(kind)), MEDIA_GROUP: (kind.medium, _medium_entry(kind))}
    if entries := [f"[{group}]\n{name} = {entry}\n" for group, (name, entry) in named.items() if entry]:
        files[f"{info}/entry_points.txt"] = "".join(entries).encode()
    record = f"{info}/RECORD"
    files[record] = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items()).encode() + (
        f"{record},,\n".encode()
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return Wheel(f"{NAME}-{number}-py3-none-any.whl", f"{NAME}=={number}", buffer.getvalue())


def package_version() -> str:
    """This package's version."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0.0.0"


def _sources(kind: ProblemType) -> Iterator[tuple[str, bytes]]:
    """The package's files, and those of a problem type that another package brings."""
    root = Path(studio.__file__).parent
    for path in iter_files(root):
        inside = PurePosixPath(path.relative_to(root).as_posix())
        if _is_needed(inside, kind):
            yield f"studio/{inside}", path.read_bytes()
    for package in sorted(_other_packages(kind)):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            other = Path(spec.origin).parent
            for path in iter_files(other):
                if path.suffix != ".pyc":
                    yield f"{package}/{path.relative_to(other).as_posix()}", path.read_bytes()


def _other_packages(kind: ProblemType) -> set[str]:
    """The packages that a problem type of others brings: of its recipe, its entry point and that of its medium."""
    modules = {kind.recipe, _entry_of(kind) or "", _medium_entry(kind) or ""}
    return {module.partition(":")[0].partition(".")[0] for module in modules} - {"", "studio"}


def _is_needed(path: PurePosixPath, kind: ProblemType) -> bool:
    if path.suffix == ".pyc" or path.parts[0] in LEFT_OUT:
        return False
    is_problem = path.parts[0] == "problems" and len(path.parts) > 2 and path.parts[1] not in PARTS
    return not is_problem or path.parts[1] == kind.recipe.partition(":")[0].split(".")[-2]


def _entry_of(kind: ProblemType) -> str | None:
    """The entry point that finds a problem type of another package."""
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.load() is kind:
            return entry.value
    return None


def _medium_entry(kind: ProblemType) -> str | None:
    """The entry point that finds the reader of a medium of another package."""
    for entry in entry_points(group=MEDIA_GROUP):
        if entry.load().name == kind.medium:
            return entry.value
    return None


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
