"""Class folders: a folder a class, with or without folders for the splits above them, of images or of recordings.

cats/1.jpg  dogs/2.jpg                       one train table
train/cats/1.jpg  val/cats/2.jpg  test/...   a table a split
test/3.jpg                                   files directly in a split folder have no class
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import listed
from studio.datasets.importers.box_tables import TABLE_ORDER, media_folder
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.troubles import trouble
from studio.datasets.importers.upload import Upload
from studio.datasets.media.reader import MediaReader
from studio.datasets.media.readers.audio import READER as AUDIO_READER
from studio.datasets.media.readers.image import READER as IMAGE_READER
from studio.datasets.uploads.roles import role_by_name
from studio.errors import DatasetError
from studio.on_demand import pa
from studio.settings.finding import Finding

_NO_CLASSES = frozenset(
    {
        "images",
        "image",
        "img",
        "audio",
        "audios",
        "wav",
        "wavs",
        "imgs",
        "jpegimages",
        "labels",
        "masks",
        "mask",
        "annotations",
        "depth",
        "previews",
    }
)


@dataclass(frozen=True)
class _Place:
    """Where files lie: the split and the class of one folder; None for files without a class."""

    role: TableRole
    label: str | None


def recognise(upload: Upload, reader: MediaReader[Any]) -> Recognition | None:
    """At least two folders of files of a medium that are called like classes."""
    places = _places(_files(upload, reader))
    classes = sorted({place.label for place in places.values() if place.label is not None}) if places else []
    if places is None or len(classes) < 2:
        return None
    shown = ", ".join(classes[:4]) + (", ..." if len(classes) > 4 else "")
    reasons = [f"{len(classes)} folders of {reader.plural}, one per class: {shown}"]
    splits = sorted({place.role for place in places.values()}, key=TABLE_ORDER.index)
    if len(splits) > 1:
        reasons.append(f"above them folders for {', '.join(splits)}")
    return Recognition(0.8, tuple(reasons))


def read(upload: Upload, reader: MediaReader[Any]) -> Conversion:
    """One table a split with the columns image, or what the medium is called, and label.

    Raises:
        DatasetError: if the files are not sorted into folders of classes.
    """
    files = _files(upload, reader)
    places, outside = _places(files), _outside(files)
    if places is None or not any(place.label is not None for place in places.values()):
        raise DatasetError(
            f"The {reader.plural} are not sorted into folders of classes.",
            hint="Make one folder per class, all at the same depth, or folders train, val and test above them.",
            code="no_class_folders",
            found=listed(sorted({_folder(path) or "." for path in files})) or f"no {reader.name} file",
            expected="one folder per class, all at the same depth",
        )
    paths = [path for path in files if _folder(path) in places]
    folder = media_folder(paths)
    cut = 0 if folder == "." else len(folder) + 1
    tables: dict[TableRole, pa.Table] = {}
    for role in TABLE_ORDER:
        rows = [(path[cut:], places[_folder(path)].label) for path in paths if places[_folder(path)].role == role]
        if not rows:
            continue
        names, labels = [name for name, _ in rows], [label for _, label in rows]
        is_labelled = any(label is not None for label in labels)
        columns = {reader.name: names, **({"label": labels} if is_labelled else {})}
        tables[role] = pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns]))
    findings = [*_left_out(upload, reader, outside), *_without_files(upload, reader, places)]
    return Conversion(tables, folder, findings)


def _left_out(upload: Upload, reader: MediaReader[Any], outside: Collection[str]) -> list[Finding]:
    """Files that lie beside the folders of splits and classes."""
    files = [path for path in _files(upload, reader) if _folder(path) in outside]
    return trouble(
        "outside_folders",
        files[0] if files else "",
        f"{len(files)} {reader.plural} lie in no folder of a class and are left out.",
        "Move them into the folder of their class, or into a folder test if they are to be predicted.",
        files,
        expected=f"{reader.plural} in folders of classes",
    )


def _without_files(upload: Upload, reader: MediaReader[Any], places: Mapping[str, _Place]) -> list[Finding]:
    """Folders beside those of classes that hold no file in a supported format, so that a class is lost."""
    parents = {_folder(folder) for folder, place in places.items() if place.label is not None}
    lost: dict[str, set[str]] = {}
    for path in upload.paths:
        folder = _folder(path)
        if folder and folder not in places and _folder(folder) in parents:
            lost.setdefault(folder, set()).add(PurePosixPath(path).suffix.lower() or "no ending")
    described = [f"{folder} ({', '.join(sorted(endings))})" for folder, endings in sorted(lost.items())]
    return trouble(
        "class_without_files",
        next(iter(lost), ""),
        f"{len(lost)} folders hold no {reader.name} in a supported format, so they are not used as classes: "
        f"{', '.join(described[:3])}.",
        f"Save their files as {reader.kinds.removeprefix('a ').removeprefix('an ')}.",
        described,
        expected=f"{reader.plural} in every folder of a class",
    )


def _format(id: str, reader: MediaReader[Any]) -> DatasetFormat:
    return DatasetFormat(
        id,
        "Folder per class",
        "One folder per class, optionally inside folders train, val and test.",
        partial(recognise, reader=reader),
        partial(read, reader=reader),
        medium=reader.name,
        accounts_for_media=True,
    )


IMAGE_FOLDER = _format("image_folder", IMAGE_READER)
AUDIO_FOLDER = _format("audio_folder", AUDIO_READER)


def _files(upload: Upload, reader: MediaReader[Any]) -> list[str]:
    return upload.of_medium(reader)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _places(files: list[str]) -> Mapping[str, _Place] | None:
    """Split and class of every folder with files, but for those beside; None if they are not laid out like classes."""
    folders = sorted({_folder(path) for path in files} - {""})
    splits = _splits(folders)
    places: dict[str, _Place] = {}
    plain: dict[str, str] = {}
    for folder in folders:
        pure = PurePosixPath(folder)
        parent = pure.parent.as_posix()
        own = role_by_name(pure.name)
        if parent in splits:
            places[folder] = _Place(splits[parent], _class_of(pure))
        elif own in ("test", "unlabeled") and splits:
            places[folder] = _Place(own, None)
        elif not splits:
            plain[folder] = parent
            places[folder] = _Place("train", _class_of(pure))
    if not places or len(set(plain.values())) > 1:
        return None
    if plain and all(role_by_name(PurePosixPath(folder).name) is not None for folder in folders):
        return None
    named = [place.label for place in places.values() if place.label is not None]
    beside = [PurePosixPath(folder).name for folder in folders if folder not in places]
    return None if any(name.lower() in _NO_CLASSES for name in (*named, *beside)) else places


def _outside(files: list[str]) -> Collection[str]:
    """Folders with files that are no place of a class."""
    return {_folder(path) for path in files} - set(_places(files) or ())


def _splits(folders: list[str]) -> Mapping[str, TableRole]:
    """The folders above others that are called like splits."""
    above = {PurePosixPath(folder).parent.as_posix() for folder in folders}
    return {folder: role for folder in above if (role := role_by_name(PurePosixPath(folder).name)) is not None}


def _class_of(folder: PurePosixPath) -> str:
    """The class that a folder is named after: the same name in another Unicode form is the same class."""
    return unicodedata.normalize("NFC", folder.name).strip()
