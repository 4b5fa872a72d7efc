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
from typing import ClassVar, Generic, TypeVar, cast

from studio.datasets.dataset import TableRole
from studio.datasets.formatting import counted
from studio.datasets.importers.file_names import stem_of
from studio.datasets.importers.format import Recognition
from studio.datasets.importers.image_tables import ImageTables
from studio.datasets.importers.upload import Upload
from studio.datasets.importers.yolo_names import NAME_FILES, class_names, names_file
from studio.datasets.importers.yolo_splits import key_point_numbers, splits_of
from studio.datasets.media.reader import MediaError
from studio.datasets.media.readers.image import READER
from studio.datasets.uploads.roles import role_by_path
from studio.errors import DatasetError, in_quotes
from studio.files import read_head
from studio.settings.finding import FindingLevel

MAX_LABEL_BYTES = 4 << 20
_LINE = re.compile(rb"[ \t]*\d+(?:\.\d+)?(?:[eE][-+]?\d+)?((?:[ \t]+[-+0-9.,eE]+)+)[ \t]*(?:\r?\n|$)")
_INDEX = re.compile(r"\d{1,9}$")
_HAIR = 1e-3
"""So far beyond the border a share is one that was rounded."""
BOX = 4
"""Numbers of a box behind its class."""
_SAMPLE = 200
_MOST_CLASSES = 10**9
_LINE_BYTES = 1 << 16


ImageT = TypeVar("ImageT")
ShapeT = TypeVar("ShapeT")


class LineError(ValueError):
    """A line that is no object; the text says why."""


def recognise_labels(
    upload: Upload, takes: Callable[[Sequence[int]], bool], what: str, confidence: float
) -> Recognition | None:
    """Text files named like images, whose lines are a class and numbers; `takes` is asked how many each has."""
    labels = _label_files(upload)
    counts = {path: _counts(upload, path) for path in labels[:_SAMPLE]}
    if not takes([count for found in counts.values() for count in found]):
        return None
    names = names_file(upload)
    named = f"class names in {names}" if names else "no file of class names"
    first = next(path for path, found in counts.items() if found)
    return Recognition(
        confidence, (f"{len(labels)} text files named like images, such as {first}, contain {what}", named)
    )


def _counts(upload: Upload, path: str) -> list[int]:
    """How many numbers follow the class in each line of a label file; none if a line is something else."""
    matches = [_LINE.match(line) for line in read_head(upload.files / path, _LINE_BYTES).splitlines() if line.strip()]
    return [len(match[1].split()) for match in matches if match] if all(matches) else []


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
    key_points: int = 0
    """How many numbers of a line tell key points."""

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
        self.names, self.splits = class_names(self.upload), splits_of(self.upload)
        self.key_points = key_point_numbers(self.upload)
        labelled: set[str] = set()
        for path in labels:
            image, several = self.upload.images.find_stem(path)
            if image is None or image in labelled:
                self._note("yolo_image", path)
                labelled.update(several)
            else:
                labelled.add(image)
                self._read_file(path, image)
        for path in _orphans(self.upload, labels):
            self._note("yolo_image", path)
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
        return _class_index(index), shape

    def _note(self, code: str, example: str) -> None:
        self.bad.setdefault(code, []).append(example)

    def _report(self, background: list[str]) -> None:
        """Say what was left out, and what was assumed."""
        warning, note = FindingLevel.WARNING, FindingLevel.NOTE
        named = counted(len(self.names or ()), "class", "classes")
        for code, level, words, fix, expected in (
            (
                "yolo_line",
                warning,
                f"label files have a line that is not {self.line_words}; their images are left out.",
                self.line_fix,
                self.line_expected,
            ),
            (
                "yolo_class",
                warning,
                "label files have a class without a name; their images are left out.",
                "Add the names of all classes, in the order of their indexes from 0.",
                f"one of the {named} with a name",
            ),
            (
                "yolo_image",
                warning,
                "label files have no picture of their own and are left out.",
                "Add the pictures under the same names, or remove the label files.",
                "one picture per label file, of the same name",
            ),
            (
                "yolo_extra",
                note,
                "objects have more than a box; only the box is used.",
                "",
                "class x_centre y_centre width height",
            ),
            (
                "yolo_border",
                note,
                "objects reach beyond the picture by a rounding error and are cut at its border.",
                "",
                "fractions from 0 to 1",
            ),
        ):
            examples = self.bad.get(code, [])
            self.tables.report(code, "YOLO", f"{len(examples)} {words}", fix, examples, level, expected=expected)
        self.tables.report(
            "no_label_file",
            "YOLO",
            f"{len(background)} images have no label file and count as background.",
            "Add their label files, or leave these images out.",
            background,
            note,
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
                expected=f"data.yaml or {NAME_FILES[0]}",
            )


def fractions(words: Sequence[str]) -> list[float]:
    """Numbers from 0 to 1; those that are beyond by a rounding error come as they are.

    Raises:
        LineError: if any is none.
    """
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise LineError(f"{in_quotes(' '.join(words)[:60])} are not all numbers") from None
    if not all(map(math.isfinite, numbers)):
        raise LineError("a number is not finite")
    if not all(-_HAIR <= number <= 1 + _HAIR for number in numbers):
        raise LineError("a fraction is not between 0 and 1")
    return numbers


def within(share: float) -> float:
    """A share that a rounding error took beyond the border, at the border."""
    return min(1.0, max(0.0, share)) if -_HAIR <= share <= 1 + _HAIR else share


def _class_index(word: str) -> int:
    """The index of a class, which numpy writes as a decimal number.

    Raises:
        LineError: if it is none.
    """
    try:
        index = int(word) if _INDEX.match(word) else float(word)
    except ValueError:
        index = -1
    if index < 0 or index >= _MOST_CLASSES or index != int(index):
        raise LineError(f"the class {in_quotes(word)} is not an index")
    return int(index)


def _orphans(upload: Upload, labels: Sequence[str]) -> list[str]:
    """Files with lines of objects beside label files, to which no picture belongs."""
    known, folders = set(labels), {path.rpartition("/")[0] for path in labels}
    others = [path for path in upload.with_ending(".txt") if path not in known]
    beside = [path for path in others if path.rpartition("/")[0] in folders and _is_unnamed(path)]
    return [path for path in beside if _counts(upload, path)]


def _is_unnamed(path: str) -> bool:
    """Whether it is no list of class names or images."""
    name = path.rpartition("/")[2].lower()
    return name not in NAME_FILES and role_by_path(name) is None


def _label_files(upload: Upload) -> list[str]:
    return [
        path
        for path in upload.with_ending(".txt")
        if upload.images.has_stem(_stem(path)) and path.rpartition("/")[2] not in NAME_FILES
    ]


def _stem(path: str) -> str:
    return stem_of(path.rpartition("/")[2])
