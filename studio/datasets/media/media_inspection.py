"""Media of a new dataset: every named file found, decoded once, and brought into place with a small picture."""

import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from studio.datasets.dataset import Dataset, DatasetManifest, TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.inspection import Inspection, Report
from studio.datasets.media.decoding_room import DecodingRoom
from studio.datasets.media.reader import MediaError, MediaReader
from studio.datasets.uploads.named_files import NamedFile, NamedFiles, is_shortened
from studio.errors import in_quotes
from studio.files import private_folder, resolve_inside, sha256_file
from studio.machine import usable_cores
from studio.process_limits import GIB, memory_limit_bytes
from studio.settings.finding import FindingLevel

MAX_PREVIEWS = 20_000


def decode_media(
    inspection: Inspection,
    reader: MediaReader[Any],
    files: Path,
    column: str,
    manifest: DatasetManifest,
    work: Path,
    report: Report,
) -> list[str]:
    """Decode every named file once, and drop rows whose file is missing or broken; gives the names of the files."""
    base = files if inspection.media_folder in ("", ".") else resolve_inside(files, inspection.media_folder)
    known = NamedFiles(base)
    for role in tuple(inspection.frames):
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
    return names


def _needs_too_much(reader: MediaReader[Any]) -> MediaError:
    return MediaError(
        "Decoding the file needs more memory than an inspection may use.",
        hint=f"Save {reader.smaller}.",
        code=f"{reader.name}_too_large",
        found=f"{reader.noun} that needs more memory",
        expected=f"{reader.noun} that fits into {(memory_limit_bytes() or 0) / GIB:.1f} GB of memory",
    )


def _settle_names(inspection: Inspection, role: TableRole, column: str, known: NamedFiles) -> None:
    """Names as the files have them; rows whose name is of no file, or of several, are left out."""
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
    written = dict(zip(frame.index, frame[column].astype(str), strict=True))
    meant = {index: known.find(text, inspection.names[role]) for index, text in written.items()}
    names = [meant[index].path or text for index, text in written.items()]
    inspection.frames[role] = frame.assign(**{column: pd.Series(names, index=frame.index, dtype="str")})
    inspection.kinds[role][column] = "text"
    _report_matched(inspection, role, column, {i: (text, meant[i].path or text) for i, text in written.items()})
    _drop_unmatched(inspection, role, column, written, meant)


def _report_matched(inspection: Inspection, role: TableRole, column: str, names: Mapping[Any, tuple[str, str]]) -> None:
    """Say which names were matched by a looser rule than being the path of a file."""
    changed = {index: pair for index, pair in names.items() if pair[0] != pair[1]}
    shortened = {index: pair for index, pair in changed.items() if is_shortened(*pair)}
    spelled = {index: pair for index, pair in changed.items() if index not in shortened}
    inspection.repair(
        role,
        spelled,
        "file_name_mended",
        column,
        f"{len(spelled)} file names differ from the files in case, folders, slashes or spelling and were matched.",
        "Write the names as the files are named.",
        [f"{text} -> {path}" for text, path in spelled.values()],
        found=listed(text for text, _ in spelled.values()),
        expected="names as the files have them",
    )
    if shortened:
        inspection.note(
            role,
            FindingLevel.NOTE,
            "file_name_short",
            column,
            f"{len(shortened)} file names do not say the folder or the ending of their file, and were matched.",
            rows=shortened,
            examples=[f"{text} -> {path}" for text, path in shortened.values()],
            found=listed(text for text, _ in shortened.values()),
            expected=f"paths in {_place(inspection)}",
        )


def _drop_unmatched(
    inspection: Inspection, role: TableRole, column: str, written: Mapping[Any, str], meant: Mapping[Any, NamedFile]
) -> None:
    several = {index: f"{written[index]}: {', '.join(one.several[:3])}" for index, one in meant.items() if one.several}
    inspection.drop(
        role,
        several,
        "ambiguous_file",
        column,
        "The name fits several files equally well.",
        "Write the folder in front of the name.",
        list(several.values()),
        found=listed(several.values()),
        expected=f"a path of one file in {_place(inspection)}",
    )
    missing = {i: written[i] for i, one in meant.items() if one.path is None and not one.several}
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
        _leave_out_or_refuse(inspection, role, column, [*missing.values(), *several.values()])


def _leave_out_or_refuse(inspection: Inspection, role: TableRole, column: str, written: Sequence[str]) -> None:
    """Without files a table to be predicted later is left out; one that trains or validates refuses the dataset."""
    is_left_out = role in ("test", "unlabeled") and len(inspection.frames) > 1
    if is_left_out:
        del inspection.frames[role]
    inspection.note(
        role,
        FindingLevel.WARNING if is_left_out else FindingLevel.ERROR,
        "table_left_out" if is_left_out else "no_rows_left",
        column,
        f"None of the {len(written)} named files is in the folder {in_quotes(inspection.media_folder)}"
        + ("; the table is left out." if is_left_out else "."),
        "Choose the folder that holds the files.",
        found=listed(written, 1) or counted(0, "file name"),
        expected=f"a file in {_place(inspection)}",
    )


def _place(inspection: Inspection) -> str:
    is_top = inspection.media_folder in ("", ".")
    return "the top folder" if is_top else f"the folder {in_quotes(inspection.media_folder)}"


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
