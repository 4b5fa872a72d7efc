"""Label files of YOLO: one text file an image, one line an object, which begins with the index of its class.

Names are in `data.yaml` (`names`) or in `classes.txt` / `obj.names`, one a line. A split is in a folder's name
(`labels/train`, `valid/labels`), or in lists of images (`train.txt`). An image without a text file has no objects.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar, Generic, TypeVar, cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted, listed
from studio.datasets.importers.format import Recognition
from studio.datasets.importers.image_tables import ImageTables
from studio.datasets.importers.upload import Upload, role_by_path
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.errors import DatasetError, YamlError
from studio.files import read_head
from studio.settings.finding import FindingLevel
from studio.settings.yaml_text import MAX_BYTES, read_yaml

MAX_LABEL_BYTES = 4 << 20
_NAME_FILES = ("classes.txt", "obj.names", "labels.names", "predefined_classes.txt")
_LINE = re.compile(rb"\s*\d+(\.\d+)?(([ \t]+[-+0-9.,eE]+)+)[ \t]*(\r?\n|$)")
_INDEX = re.compile(r"\d{1,9}$")
_SAMPLE = 20
_LINE_BYTES = 1 << 16
_NAMES = "a list named names, one name per class"


ImageT = TypeVar("ImageT")
ShapeT = TypeVar("ShapeT")


class LineError(ValueError):
    """A line that is no object; the text says why."""


def recognise_labels(upload: Upload, takes: Callable[[int], bool], what: str, confidence: float) -> Recognition | None:
    """Text files named like images, with lines of a class and so many numbers."""
    labels = _label_files(upload)
    heads = {path: _LINE.match(read_head(upload.files / path, _LINE_BYTES)) for path in labels[:_SAMPLE]}
    lines = [path for path, match in heads.items() if match and takes(len(match[2].split()))]
    if not lines:
        return None
    names = _names_file(upload)
    named = f"class names in {names}" if names else "no file of class names"
    return Recognition(
        confidence, (f"{len(labels)} text files named like images, such as {lines[0]}, contain {what}", named)
    )


@dataclass
class LabelFiles(ABC, Generic[ImageT, ShapeT]):
    """Label files on their way into tables. A subclass says what a line is."""

    line_words: ClassVar[str]
    """What a line should be: a box."""
    line_fix: ClassVar[str]
    line_expected: ClassVar[str]

    upload: Upload
    tables: ImageTables[ImageT]
    names: dict[int, str] | None = None
    splits: dict[str, TableRole] = field(default_factory=dict)
    bad: dict[str, list[str]] = field(default_factory=dict)

    @abstractmethod
    def image(self, path: str) -> ImageT:
        """An image of the upload, without objects yet."""

    @abstractmethod
    def shape(self, words: Sequence[str]) -> ShapeT:
        """The object of a line, from the words behind its class.

        Raises:
            LineError: saying what is wrong.
        """

    @abstractmethod
    def add(self, image: ImageT, name: str, shape: ShapeT, size: tuple[int, int]) -> None:
        """Add an object to an image of this width and height.

        Raises:
            LineError: if it cannot be drawn.
        """

    def read(self) -> None:
        """Every label file, and the images without one.

        Raises:
            DatasetError: if the class names cannot be read, or there is no label file.
        """
        labels = _label_files(self.upload)
        if not labels:
            raise DatasetError(
                "There is no label file in the upload.",
                hint="Add one .txt file per image, with the image's name.",
                code="no_yolo",
                found="no .txt file named like an image",
                expected="one .txt file per image",
            )
        self.names, self.splits = _class_names(self.upload), _split_lists(self.upload)
        labelled = set()
        for path in labels:
            image = self.upload.images.with_stem(_stem(path), path)
            if image is not None and image not in labelled:
                labelled.add(image)
                self._read_file(path, image)
        background = [path for path in self.upload.images.paths if path not in labelled]
        for path in background:
            self.tables.add(self._role_of(path, path), self.image(path))
        self._report(background)

    def _role_of(self, image: str, label: str) -> TableRole:
        """The split of an image: a list that names it, the folder of its labels, or its own folder."""
        folders = (label.rpartition("/")[0], image.rpartition("/")[0])
        found = next((role for folder in folders if (role := role_by_path(folder)) is not None), "train")
        return self.splits.get(image, cast(TableRole, found))

    def _read_file(self, path: str, image: str) -> None:
        """One label file. An image with a line that cannot be read is left out: its other objects alone would lie."""
        file = self.upload.files / path
        if file.stat().st_size > MAX_LABEL_BYTES:
            self._note("yolo_line", f"{path}: {file.stat().st_size:,} bytes")
            return
        lines = file.read_text("utf-8-sig", errors="replace").splitlines()
        shapes = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                shapes.append(self._parse(line))
            except LineError as error:
                self._note("yolo_line", f"{path}, line {number}: {error}")
                return
        unknown = {index for index, _ in shapes if self.names is not None and index not in self.names}
        if unknown:
            self._note("yolo_class", f"{path}: class {min(unknown)}")
            return
        row = self.image(image)
        size = self._size(image) if shapes else None
        for index, shape in shapes:
            if size is None:
                continue
            try:
                self.add(row, self.names[index] if self.names is not None else str(index), shape, size)
            except LineError as error:
                self._note("yolo_line", f"{path}: {error}")
                return
        self.tables.add(self._role_of(image, path), row)

    def _size(self, image: str) -> tuple[int, int] | None:
        """Width and height from the header; None for a broken image, whose row inspection will leave out."""
        try:
            facts = READER.read_facts(self.upload.files / image)
        except MediaError:
            return None
        return facts.width, facts.height

    def _parse(self, line: str) -> tuple[int, ShapeT]:
        index, *words = line.split()
        shape = self.shape(words)
        if not _INDEX.match(index):
            raise LineError(f"the class {index!r} is not an index")
        return int(index), shape

    def _note(self, code: str, example: str) -> None:
        self.bad.setdefault(code, []).append(example)

    def _report(self, background: list[str]) -> None:
        """Say what was left out, and what was assumed."""
        lines, classes = self.bad.get("yolo_line", []), self.bad.get("yolo_class", [])
        self.tables.report(
            "yolo_line",
            "YOLO",
            f"{len(lines)} label files have a line that is not {self.line_words}; their images are left out.",
            self.line_fix,
            lines,
            expected=self.line_expected,
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


def fractions(words: Sequence[str]) -> list[float]:
    """Numbers from 0 to 1.

    Raises:
        LineError: if any is none.
    """
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise LineError(f"{' '.join(words)[:60]!r} are not all numbers") from None
    if not all(map(math.isfinite, numbers)):
        raise LineError("a number is not finite")
    if not all(0 <= number <= 1 for number in numbers):
        raise LineError("a fraction is not between 0 and 1")
    return numbers


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
