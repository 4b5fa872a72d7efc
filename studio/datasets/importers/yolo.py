"""YOLO: one text file an image, one line a box: class index, then centre, width and height as shares of the image.

Names are in `data.yaml` (`names`) or in `classes.txt` / `obj.names`, one a line. A split is in a folder's name
(`labels/train`, `valid/labels`), or in lists of images (`train.txt`). An image without a text file has no objects.
Shares are written with six decimals, so corners are kept to a hundredth of a pixel.
"""

import math
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.importers.box_tables import BoxesXYXY, BoxTables, ImageBoxes
from studio.datasets.importers.format import Conversion, DatasetFormat, Recognition
from studio.datasets.importers.upload import Upload, role_by_path
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.errors import DatasetError, YamlError
from studio.files import read_head
from studio.settings.finding import FindingLevel
from studio.settings.yaml_text import MAX_BYTES, read_yaml

MAX_LABEL_BYTES = 4 << 20
DECIMALS = 2
_NAME_FILES = ("classes.txt", "obj.names", "labels.names", "predefined_classes.txt")
_LINE = re.compile(rb"\s*\d+(\.\d+)?(\s+[-+0-9.,eE]+){4,}\s*(\r?\n|$)")
_INDEX = re.compile(r"\d{1,9}$")
_SAMPLE = 20
_NAMES = "a list named names, one name per class"


def recognise(upload: Upload) -> Recognition | None:
    """Text files named as images, whose lines are a class and four numbers."""
    labels = _label_files(upload)
    lines = [path for path in labels[:_SAMPLE] if _LINE.match(read_head(upload.files / path))]
    if not lines:
        return None
    names = _names_file(upload)
    named = f"class names in {names}" if names else "no file of class names"
    return Recognition(0.93, (f"{len(labels)} text files named like images, such as {lines[0]}, contain boxes", named))


def read(upload: Upload) -> Conversion:
    """One table a split.

    Raises:
        DatasetError: if the class names cannot be read, or there is no label file.
        FindingsError: if no image is left.
    """
    labels = _label_files(upload)
    if not labels:
        raise DatasetError(
            "There is no label file in the upload.",
            hint="Add one .txt file per image, with the image's name.",
            code="no_yolo",
            found="no .txt file named like an image",
            expected="one .txt file per image",
        )
    reader = _Reader(upload, _class_names(upload), _split_lists(upload))
    labelled = set()
    for path in labels:
        image = upload.images.with_stem(_stem(path), path)
        if image is not None and image not in labelled:
            labelled.add(image)
            reader.read(path, image)
    background = [path for path in upload.images.paths if path not in labelled]
    for path in background:
        reader.tables.add(reader.role_of(path, path), ImageBoxes(path))
    reader.report(background)
    return reader.tables.conversion("YOLO")


YOLO = DatasetFormat(
    "yolo",
    "YOLO",
    "One text file per image, and data.yaml or classes.txt with the class names.",
    recognise,
    read,
)


def _label_files(upload: Upload) -> list[str]:
    return [
        path
        for path in upload.with_ending(".txt")
        if upload.images.has_stem(_stem(path)) and path.rpartition("/")[2] not in _NAME_FILES
    ]


def _names_file(upload: Upload) -> str | None:
    files = [path for path in upload.with_ending(".yaml", ".yml") if b"names" in _small(upload.files / path)]
    files += [path for path in upload.with_ending(*_NAME_FILES) if path.rpartition("/")[2].lower() in _NAME_FILES]
    return min(files, key=lambda path: (not path.lower().endswith((".yaml", ".yml")), path.count("/")), default=None)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _small(path: Path) -> bytes:
    return read_head(path, MAX_BYTES)


def _class_names(upload: Upload) -> dict[int, str] | None:
    """Names by index; None if there is no file of names."""
    path = _names_file(upload)
    if path is None:
        return None
    if path.lower().endswith((".yaml", ".yml")):
        try:
            names = read_yaml(_small(upload.files / path)).values.get("names")
        except YamlError as error:
            raise DatasetError(
                f"{path}: {error.message}",
                hint=error.hint,
                code="yolo_names",
                found=f"YAML that cannot be read in line {error.line}" if error.line else "YAML that cannot be read",
                expected=_NAMES,
            ) from None
        pairs = list(names.items()) if isinstance(names, dict) else list(enumerate(names or ()))
    else:
        text = _small(upload.files / path).decode("utf-8-sig", errors="replace")
        pairs = list(enumerate(line.strip() for line in text.rstrip().splitlines()))
    if not pairs or any(not _INDEX.match(str(index)) or isinstance(name, dict | list) for index, name in pairs):
        raise DatasetError(
            f"{path} has no list of class names.",
            hint="Write names: [first, second].",
            code="yolo_names",
            found=listed((f"{index}: {name}" for index, name in pairs), 2) or "no names",
            expected=_NAMES,
        )
    return {int(index): str(name).strip() for index, name in pairs}


def _split_lists(upload: Upload) -> dict[str, TableRole]:
    """Image name -> split, from text files such as `train.txt` whose lines are image paths."""
    splits: dict[str, TableRole] = {}
    for path in upload.with_ending(".txt"):
        role = None if upload.images.has_stem(_stem(path)) else role_by_path(path.rpartition("/")[2])
        if role is None:
            continue
        for line in (upload.files / path).read_text("utf-8", errors="replace").splitlines():
            image = upload.images.named(PurePosixPath(line.strip()).name, line) if line.strip() else None
            if image is not None:
                splits.setdefault(image, cast(TableRole, role))
    return splits


class _LineError(ValueError):
    """A line that is no box; the text says why."""


@dataclass
class _Reader:
    """Label files on their way into tables."""

    upload: Upload
    names: dict[int, str] | None
    splits: dict[str, TableRole]
    tables: BoxTables = field(default_factory=BoxTables)
    bad: dict[str, list[str]] = field(default_factory=dict)

    def role_of(self, image: str, label: str) -> TableRole:
        """The split of an image: a list that names it, the folder of its labels, or its own folder."""
        folders = (label.rpartition("/")[0], image.rpartition("/")[0])
        found = next((role for folder in folders if (role := role_by_path(folder)) is not None), "train")
        return self.splits.get(image, cast(TableRole, found))

    def read(self, path: str, image: str) -> None:
        """One label file. An image with a line that cannot be read is left out: its other boxes alone would lie."""
        file = self.upload.files / path
        row = ImageBoxes(image)
        if file.stat().st_size > MAX_LABEL_BYTES:
            self._note("yolo_line", f"{path}: {file.stat().st_size:,} bytes")
            return
        lines = file.read_text("utf-8-sig", errors="replace").splitlines()
        boxes = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                boxes.append(_box(line))
            except _LineError as error:
                self._note("yolo_line", f"{path}, line {number}: {error}")
                return
        unknown = {index for index, _ in boxes if self.names is not None and index not in self.names}
        if unknown:
            self._note("yolo_class", f"{path}: class {min(unknown)}")
            return
        size = self._size(image) if boxes else None
        for index, shares in boxes:
            if size is not None:
                row.add(self.names[index] if self.names is not None else str(index), _corners(shares, size))
        self.tables.add(self.role_of(image, path), row)

    def _size(self, image: str) -> tuple[int, int] | None:
        """Width and height from the header; None for a broken image, whose row inspection will leave out."""
        try:
            facts = READER.read_facts(self.upload.files / image)
        except MediaError:
            return None
        return facts.width, facts.height

    def _note(self, code: str, example: str) -> None:
        self.bad.setdefault(code, []).append(example)

    def report(self, background: list[str]) -> None:
        """Say what was left out, and what was assumed."""
        lines, classes = self.bad.get("yolo_line", []), self.bad.get("yolo_class", [])
        self.tables.report(
            "yolo_line",
            "YOLO",
            f"{len(lines)} label files have a line that is not a box; their images are left out.",
            "Write: class x_centre y_centre width height, fractions from 0 to 1 with a decimal point.",
            lines,
            expected="a class index and four fractions from 0 to 1 in every line",
        )
        self.tables.report(
            "yolo_class",
            "YOLO",
            f"{len(classes)} label files have a class without a name; their images are left out.",
            "Add the names of all classes, in the order of their indexes from 0.",
            classes,
            expected=f"one of the {counted(len(self.names or ()), 'class', 'classes')} with a name",
        )
        self.tables.report(
            "no_label_file",
            "YOLO",
            f"{len(background)} images have no label file and count as background.",
            "Add their label files, or leave these images out.",
            background,
            FindingLevel.NOTE,
            expected="one label file per image",
        )
        if self.names is None:
            fix = "Add data.yaml or classes.txt."
            words = "There is no file of class names, so classes are named by their index."
            self.tables.report(
                "no_class_names",
                "YOLO",
                words,
                fix,
                ["data.yaml"],
                found="no file of class names",
                expected=f"data.yaml or {_NAME_FILES[0]}",
            )


def _box(line: str) -> tuple[int, BoxesXYXY]:
    """Class index, and centre, width and height as shares.

    Raises:
        _LineError: saying what is wrong.
    """
    parts = line.split()
    if len(parts) != 5:
        raise _LineError(f"{len(parts)} values in place of 5")
    if not _INDEX.match(parts[0]):
        raise _LineError(f"the class {parts[0]!r} is not an index")
    try:
        x, y, width, height = map(float, parts[1:])
    except ValueError:
        raise _LineError(f"{line.strip()[:60]!r} holds no four numbers") from None
    if not all(map(math.isfinite, (x, y, width, height))):
        raise _LineError("a number is not finite")
    if not (0 <= x <= 1 and 0 <= y <= 1 and 0 <= width <= 1 and 0 <= height <= 1):
        raise _LineError("a fraction is not between 0 and 1")
    return int(parts[0]), (x, y, width, height)


def _corners(shares: BoxesXYXY, size: tuple[int, int]) -> BoxesXYXY:
    x, y, width, height = shares
    across, down = size
    return (
        round((x - width / 2) * across, DECIMALS),
        round((y - height / 2) * down, DECIMALS),
        round((x + width / 2) * across, DECIMALS),
        round((y + height / 2) * down, DECIMALS),
    )
