"""Media of a new dataset: every named file found, decoded once, and brought into place with a small picture."""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.dataset import Dataset, DatasetManifest, TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection, Report
from studio.datasets.media.decoding_room import DecodingRoom
from studio.datasets.media.reader import MediaError, MediaReader
from studio.errors import PathError
from studio.files import iter_files, private_folder, resolve_inside, sha256_file
from studio.machine import usable_cores
from studio.process_limits import GIB, memory_limit_bytes
from studio.settings.finding import FindingLevel

MAX_PREVIEWS = 20_000
MAX_COUNTED_FILES = 1_000_000


def decode_media(
    inspection: Inspection,
    reader: MediaReader[Any],
    files: Path,
    column: str,
    manifest: DatasetManifest,
    work: Path,
    report: Report,
) -> None:
    """Decode every named file once; drop rows whose file is missing or broken."""
    base = files if inspection.media_folder in ("", ".") else resolve_inside(files, inspection.media_folder)
    known = _CaseMap(base)
    for role in inspection.frames:
        _settle_names(inspection, role, column, known)
    names = sorted({str(one) for frame in inspection.frames.values() for one in frame[column]})
    media = private_folder(work / "media")
    private_folder(work / "previews")
    dataset = Dataset(work, manifest)
    failures: dict[str, MediaError] = {}
    room = DecodingRoom()

    def decode(name: str) -> None:
        relative = name if inspection.media_folder in ("", ".") else f"{inspection.media_folder}/{name}"
        source = base / name
        place = media / relative
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if reader.is_converted(source):
                with room.take(reader.conversion_bytes(source)):
                    reader.convert(source, place)
                source = place
            with room.take(reader.decoding_bytes(reader.read_facts(source))):
                inspection.media[name] = reader.inspect(
                    source, dataset.preview(relative), with_thumbnail=len(names) <= MAX_PREVIEWS
                )
        except MediaError as error:
            failures[name] = error
            return
        except MemoryError:
            failures[name] = _needs_too_much(reader)
            return
        inspection.digests[name] = sha256_file(source)
        _link_or_copy(source, place)

    with ThreadPoolExecutor(max_workers=min(4, usable_cores())) as pool:
        for done, _ in enumerate(pool.map(decode, names), start=1):
            if done % 16 == 0 or done == len(names):
                report.progress(0.05 + 0.85 * done / len(names), f"{done:,} of {len(names):,} files decoded")
    reader.drop_misfits(inspection, column)
    for role in inspection.frames:
        _drop_failures(inspection, role, column, failures)
        reader.note_table(inspection, role, column)
    reader.note_all(inspection, column)
    _note_unused(inspection, column, unused_files(base, column, names))


def unused_files(base: Path, column: str, names: list[str]) -> list[str]:
    """Files with the endings of named ones, in their folders, that no row names."""
    known, folders = set(names), {name.rpartition("/")[0] for name in names}
    endings = {Path(name).suffix.lower() for name in names}
    root = len(base.as_posix()) + 1
    found = []
    for number, path in enumerate(iter_files(base)):
        relative = path.as_posix()[root:]
        if number >= MAX_COUNTED_FILES:
            break
        if relative not in known and path.suffix.lower() in endings and relative.rpartition("/")[0] in folders:
            found.append(relative)
    return found


def _note_unused(inspection: Inspection, column: str, unused: list[str]) -> None:
    """Say which files no row names; reported with the first table."""
    if unused:
        words = f"{len(unused)} files are not named in any row and are not imported."
        inspection.note(
            next(iter(inspection.frames)),
            FindingLevel.NOTE,
            "unused_files",
            column,
            words,
            "",
            examples=unused[:20],
            found=listed(unused[:20]),
            expected="one row per file",
        )


def _needs_too_much(reader: MediaReader[Any]) -> MediaError:
    return MediaError(
        "Decoding the file needs more memory than an inspection may use.",
        hint=f"Save {reader.smaller}.",
        code=f"{reader.name}_too_large",
        found=f"{reader.noun} that needs more memory",
        expected=f"{reader.noun} that fits into {(memory_limit_bytes() or 0) / GIB:.1f} GB of memory",
    )


class _CaseMap:
    """Finds files by the name in a table; tolerates `./`, backslashes and, if unambiguous, another case."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._by_folded: dict[str, list[str]] | None = None

    def find(self, text: str) -> tuple[str | None, bool]:
        """(name below the base or None, whether it had to be mended)."""
        plain = text.replace("\\", "/").removeprefix("./")
        try:
            resolve_inside(self._base, plain)
            return plain, plain != text
        except (PathError, OSError):
            pass
        if self._by_folded is None:
            self._by_folded = {}
            for folder, _, files in os.walk(self._base):
                for file in files:
                    relative = Path(folder, file).relative_to(self._base).as_posix()
                    self._by_folded.setdefault(relative.casefold(), []).append(relative)
        found = self._by_folded.get(plain.casefold(), [])
        return (found[0], True) if len(found) == 1 else (None, False)


def _settle_names(inspection: Inspection, role: TableRole, column: str, known: _CaseMap) -> None:
    frame = inspection.frames[role]
    inspection.drop(
        role,
        frame.index[frame[column].isna()],
        "no_file_name",
        column,
        "Rows without a file name.",
        "Fill in the file names.",
        found="an empty cell",
        expected="the name of a file",
    )
    frame = inspection.frames[role]
    missing: dict[Any, str] = {}
    mended: dict[Any, str] = {}
    names = []
    for index, text in zip(frame.index, frame[column].astype(str), strict=True):
        name, was_mended = known.find(text)
        names.append(name if name is not None else text)
        if name is None:
            missing[index] = text
        elif was_mended:
            mended[index] = text
    inspection.frames[role] = frame.assign(**{column: pd.Series(names, index=frame.index, dtype="str")})
    inspection.repair(
        role,
        mended,
        "file_name_mended",
        column,
        f"{len(mended)} file names differ from the files in case or slashes and were matched.",
        "Write the names as the files are named.",
        list(mended.values()),
        found=listed(mended.values()),
        expected="names as the files have them",
    )
    inspection.drop(
        role,
        missing,
        "no_file",
        column,
        "The named file does not exist.",
        "Add the files to the media folder, or choose another folder.",
        list(missing.values()),
        found=listed(missing.values()),
        expected=f"a file in {_place(inspection)}",
    )
    if inspection.frames[role].empty:
        inspection.note(
            role,
            FindingLevel.ERROR,
            "no_rows_left",
            column,
            f"None of the {len(missing)} named files is in the folder {inspection.media_folder!r}.",
            "Choose the folder that holds the files.",
            found=listed(missing.values(), 1) or counted(0, "file name"),
            expected=f"a file in {_place(inspection)}",
        )


def _place(inspection: Inspection) -> str:
    is_top = inspection.media_folder in ("", ".")
    return "the top folder" if is_top else f"the folder {inspection.media_folder!r}"


def _drop_failures(inspection: Inspection, role: TableRole, column: str, failures: Mapping[str, MediaError]) -> None:
    for code in sorted({error.code for error in failures.values()}):
        bad = {name: error for name, error in failures.items() if error.code == code}
        frame = inspection.frames[role]
        rows = frame.index[frame[column].isin(list(bad))]
        first = bad[min(bad)]
        inspection.drop(
            role, rows, code, column, first.message, first.hint, list(bad), found=first.found, expected=first.expected
        )


def _link_or_copy(source: Path, place: Path) -> None:
    """A hard link within the studio's home; a copy where links do not reach."""
    if place.exists():
        return
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)
